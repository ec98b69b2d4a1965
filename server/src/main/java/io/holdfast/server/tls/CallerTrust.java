package io.holdfast.server.tls;

import java.net.InetAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Believes a certificate when the authorities do, it is not revoked, and it is for somebody who is
 * let in. Servers that this member calls are held to the first two only, and to the host's name by
 * the JDK.
 */
final class CallerTrust extends X509ExtendedTrustManager {
  private final X509ExtendedTrustManager authorities;
  private final Optional<X509CRL> revoked;
  private final TlsOptions options;

  CallerTrust(X509ExtendedTrustManager authorities, Optional<X509CRL> revoked, TlsOptions options) {
    this.authorities = authorities;
    this.revoked = revoked;
    this.options = options;
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    authorities.checkClientTrusted(chain, type, engine);
    checkCaller(chain, engine.getPeerHost());
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    authorities.checkClientTrusted(chain, type, socket);
    checkCaller(chain, socket.getInetAddress().getHostAddress());
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    authorities.checkClientTrusted(chain, type);
    checkCaller(chain, null);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    authorities.checkServerTrusted(chain, type, engine);
    checkNotRevoked(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    authorities.checkServerTrusted(chain, type, socket);
    checkNotRevoked(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    authorities.checkServerTrusted(chain, type);
    checkNotRevoked(chain);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return authorities.getAcceptedIssuers();
  }

  private void checkCaller(X509Certificate[] chain, String address) throws CertificateException {
    checkNotRevoked(chain);
    CertificateNames names = new CertificateNames(chain[0]);
    List<String> commonNames = options.allowedCommonNames();
    if (!commonNames.isEmpty() && !commonNames.contains(names.commonName().orElse(""))) {
      throw new CertificateException(
          "the certificate is for " + names.commonName().orElse("nobody") + ", who is not let in");
    }
    List<String> hosts = options.allowedHostnames();
    if (!hosts.isEmpty() && hosts.stream().noneMatch(names::covers)) {
      throw new CertificateException("the certificate is for none of the hosts that are let in");
    }
    if (options.bindsCallersToAddresses() && address != null && names.hasHosts()) {
      checkAddress(names, address);
    }
  }

  private void checkNotRevoked(X509Certificate[] chain) throws CertificateException {
    for (X509Certificate certificate : chain) {
      if (revoked.isPresent() && revoked.get().isRevoked(certificate)) {
        throw new CertificateException(
            "the certificate with the serial number "
                + certificate.getSerialNumber().toString(16)
                + " has been revoked");
      }
    }
  }

  /** By address, or by a name in the certificate that leads to it. */
  private static void checkAddress(CertificateNames names, String address)
      throws CertificateException {
    boolean named =
        names.names().stream().anyMatch(name -> !name.startsWith("*") && leads(name, address));
    if (named || names.covers(address)) {
      return;
    }
    throw new CertificateException(
        "the certificate is not for " + address + ", where the call comes from");
  }

  private static boolean leads(String name, String address) {
    try {
      InetAddress caller = InetAddress.getByName(address);
      for (InetAddress one : InetAddress.getAllByName(name)) {
        if (one.equals(caller)) {
          return true;
        }
      }
      return false;
    } catch (UnknownHostException unknown) {
      return false;
    }
  }
}
