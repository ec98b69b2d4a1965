package io.holdfast.server.tls;

import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import javax.net.ssl.SSLContext;

/** The cipher suites that flags may name. */
public final class CipherSuites {
  /** Older names of Go, which leave the end out. */
  private static final String CHACHA = "CHACHA20_POLY1305";

  private static final String OF_TLS_1_3 = "TLS_AES_|TLS_CHACHA20_";

  private CipherSuites() {}

  /** All that can be named, in the order of the alphabet. */
  public static List<String> known() {
    try {
      return List.copyOf(
          new TreeSet<>(
              Arrays.asList(
                  SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites())));
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has TLS", impossible);
    }
  }

  /** A suite as the JDK calls it; empty when there is none of that name. */
  public static Optional<String> named(String name) {
    String full = name.endsWith(CHACHA) ? name + "_SHA256" : name;
    return known().contains(full) ? Optional.of(full) : Optional.empty();
  }

  /** Those given are for TLS 1.2: the suites of TLS 1.3 cannot be chosen, as in Go. */
  static List<String> with(List<String> chosen, TlsVersion max) {
    List<String> suites = new ArrayList<>(chosen);
    if (max == TlsVersion.TLS_1_3) {
      known().stream()
          .filter(name -> name.matches("(" + OF_TLS_1_3 + ").*"))
          .filter(name -> !suites.contains(name))
          .forEach(suites::add);
    }
    return suites;
  }
}
