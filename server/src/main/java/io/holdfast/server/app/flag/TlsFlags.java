package io.holdfast.server.app.flag;

import io.holdfast.server.app.flag.Flag.Group;
import io.holdfast.server.app.flag.Flag.Support;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The rows of the flags about TLS: clients' side, members' side, and what both share. */
public final class TlsFlags {
  private static final List<Flag> ROWS = new ArrayList<>();

  private static final FlagType PATH = new FlagType.Text("path");
  private static final FlagType NAMES = new FlagType.Text("name,...");
  private static final FlagType BOOL = new FlagType.Bool();

  /** For clients. */
  public static final Side CLIENTS =
      new Side(
          "",
          "clients",
          used(
              "client-crl-file",
              PATH,
              "",
              "List of revoked certificates (CRL); clients that show one are refused."),
          used(
              "client-cert-allowed-hostname",
              NAMES,
              "",
              "Only clients with a certificate for one of these hosts are served."));

  /** For the other members. */
  public static final Side PEERS =
      new Side(
          "peer-",
          "other members",
          used(
              "peer-crl-file",
              PATH,
              "",
              "List of revoked certificates (CRL); members that show one are refused."),
          used(
              "peer-cert-allowed-hostname",
              NAMES,
              "",
              "Only members with a certificate for one of these hosts are let in."));

  public static final Flag PEER_CERT_ALLOWED_CN =
      used(
          "peer-cert-allowed-cn",
          NAMES,
          "",
          "Only members whose certificate has one of these common names are let in.");
  public static final Flag PEER_SKIP_CLIENT_SAN_VERIFICATION =
      used(
          "peer-skip-client-san-verification",
          BOOL,
          "false",
          "Do not ask that a member's certificate is for the address that it calls from.");
  public static final Flag SELF_SIGNED_CERT_VALIDITY =
      used(
          "self-signed-cert-validity",
          new FlagType.Whole(1, 100, "years"),
          "1",
          "How long certificates of --auto-tls and --peer-auto-tls are good.");
  public static final Flag CIPHER_SUITES =
      used(
          "cipher-suites",
          NAMES,
          "",
          "The suites of TLS 1.2 that may be chosen; those of TLS 1.3 are fixed.");
  public static final Flag TLS_MIN_VERSION =
      used(
          "tls-min-version",
          new FlagType.Choice(List.of("TLS1.2", "TLS1.3")),
          "TLS1.2",
          "The oldest version of TLS that is spoken.");
  public static final Flag TLS_MAX_VERSION =
      used(
          "tls-max-version",
          new FlagType.Choice(List.of("", "TLS1.2", "TLS1.3")),
          "",
          "The newest version of TLS that is spoken; none for the newest there is.");

  private TlsFlags() {}

  /** The flags that clients' and members' side have alike. */
  public static final class Side {
    private final Flag certFile;
    private final Flag keyFile;
    private final Flag clientCertFile;
    private final Flag clientKeyFile;
    private final Flag trustedCaFile;
    private final Flag clientCertAuth;
    private final Flag autoTls;
    private final Flag crlFile;
    private final Flag allowedHostname;

    private Side(String prefix, String others, Flag crlFile, Flag allowedHostname) {
      certFile =
          used(
              prefix + "cert-file",
              PATH,
              "",
              "Certificate shown to " + others + " (PEM), followed by those that signed it.");
      keyFile =
          used(prefix + "key-file", PATH, "", "The private key of --" + prefix + "cert-file.");
      clientCertFile =
          used(
              prefix + "client-cert-file",
              PATH,
              "",
              "Certificate shown where this member calls; --" + prefix + "cert-file by default.");
      clientKeyFile =
          used(
              prefix + "client-key-file",
              PATH,
              "",
              "The private key of --" + prefix + "client-cert-file.");
      trustedCaFile =
          used(
              prefix + "trusted-ca-file",
              PATH,
              "",
              "Certificates (PEM) of those who sign for " + others + "; asks them for one.");
      clientCertAuth =
          used(
              prefix + "client-cert-auth",
              BOOL,
              "false",
              "Serve only "
                  + others
                  + " with a certificate that --"
                  + prefix
                  + "trusted-ca-file has signed.");
      autoTls =
          used(
              prefix + "auto-tls",
              BOOL,
              "false",
              "Without a certificate: use one that this member signs itself.");
      this.crlFile = crlFile;
      this.allowedHostname = allowedHostname;
    }

    public Flag certFile() {
      return certFile;
    }

    public Flag keyFile() {
      return keyFile;
    }

    public Flag clientCertFile() {
      return clientCertFile;
    }

    public Flag clientKeyFile() {
      return clientKeyFile;
    }

    public Flag trustedCaFile() {
      return trustedCaFile;
    }

    public Flag clientCertAuth() {
      return clientCertAuth;
    }

    public Flag autoTls() {
      return autoTls;
    }

    public Flag crlFile() {
      return crlFile;
    }

    public Flag allowedHostname() {
      return allowedHostname;
    }

    /** All of them. */
    public List<Flag> all() {
      return List.of(
          certFile,
          keyFile,
          clientCertFile,
          clientKeyFile,
          trustedCaFile,
          clientCertAuth,
          autoTls,
          crlFile,
          allowedHostname);
    }
  }

  static void addTo(Map<String, Flag> table) {
    ROWS.forEach(row -> table.put(row.name(), row));
  }

  private static Flag used(String name, FlagType type, String defaultValue, String text) {
    Flag flag = new Flag(name, Group.SECURITY, type, defaultValue, Support.USED, text);
    ROWS.add(flag);
    return flag;
  }
}
