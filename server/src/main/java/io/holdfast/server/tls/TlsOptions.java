package io.holdfast.server.tls;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What one kind of connections, clients' or members', is protected with. Checked against itself; no
 * file has been read.
 *
 * @param own what this member shows; empty for one that it has signed itself
 * @param asClient what it shows where it calls others itself, if not the same
 * @param trustedCa certificates of those whose signatures count; empty for the system's
 * @param demandsCertificates whether who calls has to show a certificate
 * @param revoked a list of revoked certificates, PEM or DER
 * @param allowedCommonNames one of them has to be the name in a caller's certificate; empty for any
 * @param allowedHostnames a caller's certificate has to be for one of them; empty for any
 * @param bindsCallersToAddresses whether the names in a caller's certificate, if there are any,
 *     have to include the address that it calls from
 * @param verifiesServers whether others have to prove who they are where this member calls them
 * @param cipherSuites by their standard names; empty for the JDK's choice
 * @param selfSignedYears how long a certificate that this member signs itself is good
 */
public record TlsOptions(
    Optional<KeyFiles> own,
    Optional<KeyFiles> asClient,
    Optional<Path> trustedCa,
    boolean demandsCertificates,
    Optional<Path> revoked,
    List<String> allowedCommonNames,
    List<String> allowedHostnames,
    boolean bindsCallersToAddresses,
    boolean verifiesServers,
    List<String> cipherSuites,
    TlsVersion min,
    TlsVersion max,
    int selfSignedYears) {

  public TlsOptions {
    allowedCommonNames = List.copyOf(allowedCommonNames);
    allowedHostnames = List.copyOf(allowedHostnames);
    cipherSuites = List.copyOf(cipherSuites);
  }

  /** Only a certificate of one's own: nothing is asked of callers. */
  public static TlsOptions ofServer(KeyFiles own) {
    return new TlsOptions(
        Optional.of(own),
        Optional.empty(),
        Optional.empty(),
        false,
        Optional.empty(),
        List.of(),
        List.of(),
        false,
        true,
        List.of(),
        TlsVersion.TLS_1_2,
        TlsVersion.TLS_1_3,
        1);
  }

  /** The same, with certificates of callers that this authority has signed. */
  public TlsOptions demanding(Path trustedAuthority) {
    return new TlsOptions(
        own,
        asClient,
        Optional.of(trustedAuthority),
        true,
        revoked,
        allowedCommonNames,
        allowedHostnames,
        bindsCallersToAddresses,
        verifiesServers,
        cipherSuites,
        min,
        max,
        selfSignedYears);
  }
}
