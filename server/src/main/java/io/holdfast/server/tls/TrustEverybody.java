package io.holdfast.server.tls;

import java.net.Socket;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Encryption without knowing with whom: for members whose certificates are signed by themselves, as
 * {@code --peer-auto-tls} promises no more.
 */
final class TrustEverybody extends X509ExtendedTrustManager {
  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
    // Everybody is trusted.
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {
    // Everybody is trusted.
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) {
    // Everybody is trusted.
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
    // Everybody is trusted.
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
    // Everybody is trusted.
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) {
    // Everybody is trusted.
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
