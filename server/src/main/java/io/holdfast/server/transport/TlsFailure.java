package io.holdfast.server.transport;

import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Optional;
import javax.net.ssl.SSLException;

/** Says in a few words why two members could not agree on a protected connection. */
final class TlsFailure {
  private static final int CAUSES_MAX = 20;

  private TlsFailure() {}

  /** What went wrong, when it was the protection that did. */
  static Optional<String> of(Throwable failure) {
    Throwable at = failure;
    for (int i = 0; at != null && i < CAUSES_MAX; i++) {
      if (at instanceof SSLException tls) {
        return Optional.of(reason(tls));
      }
      at = at.getCause();
    }
    return Optional.empty();
  }

  private static String reason(SSLException failure) {
    if (failure instanceof NotSslRecordException) {
      return "it does not speak TLS here: give every member https:// peer URLs, or every member"
          + " http:// ones";
    }
    if (failure instanceof SslHandshakeTimeoutException) {
      return "the handshake took too long";
    }
    Throwable root = failure;
    for (int i = 0; root.getCause() != null && i < CAUSES_MAX; i++) {
      root = root.getCause();
    }
    String said = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    if (root instanceof CertificateExpiredException) {
      return "its certificate has expired (" + said + "): replace it";
    }
    if (root instanceof CertificateNotYetValidException) {
      return "its certificate is not valid yet (" + said + "): compare the clocks";
    }
    if (root instanceof CertPathBuilderException) {
      return "its certificate is signed by none of --peer-trusted-ca-file (" + said + ")";
    }
    return said.contains("Received fatal alert")
        ? "it refused this member's certificate or way of speaking (" + said + "); its log says why"
        : said;
  }
}
