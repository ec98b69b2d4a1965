package io.holdfast.server.tls;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;

/** Whom a certificate is for: its common name and its alternative names (RFC 6125). */
final class CertificateNames {
  private static final int DNS = 2;
  private static final int ADDRESS = 7;

  private final X509Certificate certificate;

  CertificateNames(X509Certificate certificate) {
    this.certificate = certificate;
  }

  /** The subject's common name; empty when it has none. */
  Optional<String> commonName() {
    try {
      return new LdapName(certificate.getSubjectX500Principal().getName())
          .getRdns().stream()
              .filter(part -> part.getType().equalsIgnoreCase("CN"))
              .map(part -> part.getValue().toString())
              .findFirst();
    } catch (InvalidNameException unreadable) {
      return Optional.empty();
    }
  }

  /** Whether it names hosts or addresses at all. */
  boolean hasHosts() {
    return !hosts(DNS).isEmpty() || !hosts(ADDRESS).isEmpty();
  }

  /** Whether it is for a host's name, or for an address in its usual form. */
  boolean covers(String host) {
    String wanted = host.toLowerCase(Locale.ROOT);
    return isAddress(wanted)
        ? hosts(ADDRESS).stream().anyMatch(one -> sameAddress(one, wanted))
        : hosts(DNS).stream().anyMatch(one -> matches(one.toLowerCase(Locale.ROOT), wanted));
  }

  List<String> names() {
    return hosts(DNS);
  }

  private List<String> hosts(int kind) {
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      return names == null
          ? List.of()
          : names.stream()
              .filter(name -> (Integer) name.get(0) == kind)
              .map(name -> (String) name.get(1))
              .toList();
    } catch (CertificateParsingException unreadable) {
      return List.of();
    }
  }

  /** A star stands for one whole label, the first. */
  private static boolean matches(String pattern, String host) {
    if (!pattern.startsWith("*.")) {
      return pattern.equals(host);
    }
    int dot = host.indexOf('.');
    return dot > 0 && host.substring(dot).equals(pattern.substring(1));
  }

  static boolean isAddress(String host) {
    return host.indexOf(':') >= 0 || host.matches("\\d{1,3}(\\.\\d{1,3}){3}");
  }

  private static boolean sameAddress(String one, String other) {
    try {
      // Neither is a name, so nothing is looked up.
      return InetAddress.getByName(one).equals(InetAddress.getByName(other));
    } catch (UnknownHostException notAnAddress) {
      return false;
    }
  }
}
