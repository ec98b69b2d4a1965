package io.holdfast.driver.internal;

import io.holdfast.driver.DriverProperty;
import io.holdfast.driver.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Makes encrypted sockets from the PEM files that a URL names. */
final class TlsSocketFactory extends SSLSocketFactory {
  private static final Pattern PRIVATE_KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
  private static final List<String> KEY_ALGORITHMS = List.of("RSA", "EC", "EdDSA");
  private static final char[] NO_PASSWORD = {};

  private final SSLSocketFactory factory;

  TlsSocketFactory(Settings settings) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keyManagers(settings), trustManagers(settings), null);
      this.factory = context.getSocketFactory();
    } catch (GeneralSecurityException | IOException unusable) {
      throw HoldfastException.invalidArgument(
          "a certificate or key cannot be used: " + unusable.getMessage());
    }
  }

  /** Null for those of the Java runtime, as {@link SSLContext#init} wants it. */
  private static TrustManager[] trustManagers(Settings settings)
      throws GeneralSecurityException, IOException {
    if (settings.file(DriverProperty.ROOT_CERT).isEmpty()) {
      return null;
    }
    KeyStore authorities = emptyStore();
    int number = 0;
    for (Certificate authority : certificates(settings.file(DriverProperty.ROOT_CERT).get())) {
      authorities.setCertificateEntry("authority" + number++, authority);
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(authorities);
    return trust.getTrustManagers();
  }

  /** Null for none, as {@link SSLContext#init} wants it. */
  private static KeyManager[] keyManagers(Settings settings)
      throws GeneralSecurityException, IOException {
    if (settings.file(DriverProperty.CERT).isEmpty()) {
      return null;
    }
    KeyStore own = emptyStore();
    own.setKeyEntry(
        "client",
        privateKey(settings.file(DriverProperty.KEY).orElseThrow()),
        NO_PASSWORD,
        certificates(settings.file(DriverProperty.CERT).get()).toArray(new Certificate[0]));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(own, NO_PASSWORD);
    return keys.getKeyManagers();
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, NO_PASSWORD);
    return store;
  }

  private static Collection<? extends Certificate> certificates(Path file)
      throws GeneralSecurityException, IOException {
    try (InputStream in = Files.newInputStream(file)) {
      Collection<? extends Certificate> found =
          CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (found.isEmpty()) {
        throw new IOException(file + " holds no certificate in PEM form");
      }
      return found;
    }
  }

  private static PrivateKey privateKey(Path file) throws GeneralSecurityException, IOException {
    Matcher matcher = PRIVATE_KEY.matcher(Files.readString(file, StandardCharsets.US_ASCII));
    if (!matcher.find()) {
      throw new IOException(
          file
              + " holds no unencrypted PKCS #8 key; convert it with `openssl pkcs8 -topk8 -nocrypt`");
    }
    PKCS8EncodedKeySpec encoded =
        new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(matcher.group(1)));
    for (String algorithm : KEY_ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
      } catch (InvalidKeySpecException another) {
        // A key does not say what it is for; the next algorithm may understand it.
      }
    }
    throw new IOException(file + " holds a key that is neither RSA, EC nor EdDSA");
  }

  @Override
  public String[] getDefaultCipherSuites() {
    return factory.getDefaultCipherSuites();
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return factory.getSupportedCipherSuites();
  }

  @Override
  public Socket createSocket(Socket plain, String host, int port, boolean autoClose)
      throws IOException {
    return fixed(factory.createSocket(plain, host, port, autoClose));
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return fixed(factory.createSocket(host, port));
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress localHost, int localPort)
      throws IOException {
    return fixed(factory.createSocket(host, port, localHost, localPort));
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return fixed(factory.createSocket(host, port));
  }

  @Override
  public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort)
      throws IOException {
    return fixed(factory.createSocket(address, port, localAddress, localPort));
  }

  private static Socket fixed(Socket socket) {
    return new FixedTlsSocket((SSLSocket) socket);
  }
}
