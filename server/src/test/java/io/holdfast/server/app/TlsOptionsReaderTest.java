package io.holdfast.server.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.app.flag.FlagValues;
import io.holdfast.server.app.flag.UsageException;
import io.holdfast.server.tls.TlsOptions;
import io.holdfast.server.tls.TlsVersion;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TlsOptionsReaderTest {
  private static final String SECURE =
      "listen-client-urls=https://localhost:1 advertise-client-urls=https://localhost:1";
  private static final String SECURE_PEERS = "listen-peer-urls=https://localhost:2";
  private static final String PAIR = " cert-file=/a key-file=/b";
  private static final String PEER_PAIR = " peer-cert-file=/a peer-key-file=/b";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        SECURE
            + "|--listen-client-urls=https://localhost:1: TLS needs a certificate; give --cert-file",
        SECURE + " cert-file=/a|--cert-file and --key-file: one needs the other",
        SECURE + " key-file=/a|--cert-file and --key-file: one needs the other",
        SECURE + PAIR + " client-cert-file=/c|--client-cert-file and --client-key-file",
        SECURE + PAIR + " client-cert-auth=true|say with --trusted-ca-file",
        SECURE + PAIR + " tls-min-version=TLS1.1|give one of TLS1.2, TLS1.3",
        SECURE + PAIR + " tls-min-version=TLS1.3 tls-max-version=TLS1.2|is older than",
        SECURE + PAIR + " cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA255|did you mean",
        SECURE + PAIR + " cipher-suites=x tls-min-version=TLS1.3|for TLS 1.2 only",
        SECURE + PAIR + " self-signed-cert-validity=0|out of bounds",
        SECURE_PEERS
            + "|--listen-peer-urls=https://localhost:2: TLS needs a certificate; give --peer-cert",
        SECURE_PEERS + PEER_PAIR + " peer-client-cert-auth=true|say with --peer-trusted-ca-file"
      })
  void whatCannotBeMeantIsSaidInOneLine(String flags, String part) {
    UsageException refused = assertThrows(UsageException.class, () -> read(flags));
    assertTrue(refused.getMessage().contains(part), refused.getMessage());
    assertEquals(1, refused.getMessage().lines().count());
  }

  @Test
  void withoutASecureUrlNothingIsProtectedAndThatIsSaid() {
    ServerOptions options = read("cert-file=/a key-file=/b peer-auto-tls=true");
    assertEquals(Optional.empty(), options.clientTls());
    assertEquals(Optional.empty(), options.peerTls());
    assertEquals(
        List.of(
            "--cert-file does nothing: no URL of --listen-client-urls begins with https",
            "--key-file does nothing: no URL of --listen-client-urls begins with https",
            "--peer-auto-tls does nothing: no URL of --listen-peer-urls begins with https"),
        options.warnings());
  }

  @Test
  void aMemberWithoutTlsOfItsOwnMayCallOthersThatHaveIt() {
    ServerOptions options = read("peer-cert-file=/a peer-key-file=/b peer-trusted-ca-file=/c");
    assertEquals(Path.of("/c"), options.peerTls().orElseThrow().trustedCa().orElseThrow());
    assertEquals(List.of(), options.warnings());
  }

  @Test
  void clientsAreAskedForCertificatesOnceThereIsAnAuthority() {
    TlsOptions alone = read(SECURE + PAIR).clientTls().orElseThrow();
    assertFalse(alone.demandsCertificates());
    assertEquals(Path.of("/a"), alone.own().orElseThrow().certificate());
    assertEquals(TlsVersion.TLS_1_2, alone.min());
    assertEquals(TlsVersion.TLS_1_3, alone.max());
    assertFalse(alone.bindsCallersToAddresses());
    TlsOptions asking = read(SECURE + PAIR + " trusted-ca-file=/c").clientTls().orElseThrow();
    assertTrue(asking.demandsCertificates());
    TlsOptions self = read(SECURE + " auto-tls=true").clientTls().orElseThrow();
    assertEquals(Optional.empty(), self.own());
    assertFalse(self.demandsCertificates());
  }

  @Test
  void membersAreHeldToTheirAddressesUnlessToldOtherwise() {
    TlsOptions peers =
        read(SECURE_PEERS + PEER_PAIR + " peer-cert-allowed-cn=x,y").peerTls().orElseThrow();
    assertTrue(peers.bindsCallersToAddresses());
    assertTrue(peers.verifiesServers());
    assertEquals(List.of("x", "y"), peers.allowedCommonNames());
    assertFalse(
        read(SECURE_PEERS + PEER_PAIR + " peer-skip-client-san-verification=true")
            .peerTls()
            .orElseThrow()
            .bindsCallersToAddresses());
    assertFalse(
        read(SECURE_PEERS + " peer-auto-tls=true").peerTls().orElseThrow().verifiesServers());
  }

  @Test
  void suitesMayBeNamedAsGoNamesThem() {
    TlsOptions options =
        read(SECURE
                + PAIR
                + " cipher-suites=TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305,"
                + "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
            .clientTls()
            .orElseThrow();
    assertEquals(
        List.of(
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        options.cipherSuites());
  }

  private static ServerOptions read(String flags) {
    Map<String, String> given = new HashMap<>();
    for (String flag : flags.split(" ")) {
      int equals = flag.indexOf('=');
      given.put(flag.substring(0, equals), flag.substring(equals + 1));
    }
    return ServerOptionsReader.read(FlagValues.of(given, Map.of()));
  }
}
