package io.holdfast.server.tls;

import java.util.Arrays;
import java.util.Optional;

/** The versions of TLS that are spoken; older ones are refused. */
public enum TlsVersion {
  TLS_1_2("TLS1.2", "TLSv1.2"),
  TLS_1_3("TLS1.3", "TLSv1.3");

  private final String flagValue;
  private final String protocol;

  TlsVersion(String flagValue, String protocol) {
    this.flagValue = flagValue;
    this.protocol = protocol;
  }

  /** The version that flags call so. */
  public static Optional<TlsVersion> named(String flagValue) {
    return Arrays.stream(values()).filter(one -> one.flagValue.equals(flagValue)).findFirst();
  }

  /** As flags call it. */
  public String flagValue() {
    return flagValue;
  }

  /** As the JDK calls it. */
  String protocol() {
    return protocol;
  }
}
