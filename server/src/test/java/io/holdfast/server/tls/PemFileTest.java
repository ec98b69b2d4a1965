package io.holdfast.server.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.error.StartupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.time.Instant;
import java.util.Base64;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PemFileTest {
  @TempDir Path directory;

  /** Java writes keys as PKCS#8; RSA's and EC's older forms lie inside. */
  @ParameterizedTest
  @CsvSource({
    "RSA, PRIVATE KEY",
    "RSA, RSA PRIVATE KEY",
    "EC, PRIVATE KEY",
    "EC, EC PRIVATE KEY",
    "Ed25519, PRIVATE KEY"
  })
  void keysAreReadInEveryUsualForm(String algorithm, String form) throws IOException {
    KeyPair pair = TestAuthority.newPair(algorithm);
    byte[] pkcs8 = pair.getPrivate().getEncoded();
    PrivateKeyInfo info = PrivateKeyInfo.getInstance(pkcs8);
    byte[] content =
        switch (form) {
          case "RSA PRIVATE KEY" -> info.parsePrivateKey().toASN1Primitive().getEncoded();
          case "EC PRIVATE KEY" ->
              new ECPrivateKey(
                      256,
                      ECPrivateKey.getInstance(info.parsePrivateKey()).getKey(),
                      info.getPrivateKeyAlgorithm().getParameters())
                  .getEncoded();
          default -> pkcs8;
        };
    PrivateKey read = new PemFile("private key", pem(form, content)).privateKey();
    assertTrue(Identity.belongTogether(read, pair.getPublic()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PRIVATE KEY", "RSA PRIVATE KEY", "CERTIFICATE", "NONSENSE"})
  void damagedFilesAreRefusedWithoutShowingThem(String form) throws IOException {
    Path file = pem(form, "secret-canary".getBytes());
    StartupException refused =
        assertThrows(StartupException.class, () -> new PemFile("private key", file).privateKey());
    assertTrue(refused.getMessage().startsWith("cannot use the private key " + file + ": "));
    for (Throwable each = refused; each != null; each = each.getCause()) {
      assertFalse(String.valueOf(each.getMessage()).contains("canary"));
    }
  }

  @Test
  void whatIsMissingIsNamed() throws IOException {
    Path missing = directory.resolve("missing.pem");
    assertRefused("the certificate " + missing + ": there is no such file", missing);
    Path empty = Files.createFile(directory.resolve("empty.pem"));
    assertRefused("the certificate " + empty + ": no certificate in PEM is in it", empty);
    Path huge = directory.resolve("huge.pem");
    Files.write(huge, new byte[(4 << 20) + 1]);
    assertRefused("the certificate " + huge + ": it is larger than any such file", huge);
    Path crl = directory.resolve("empty.crl");
    Files.createFile(crl);
    StartupException refused =
        assertThrows(StartupException.class, () -> new PemFile("list", crl).revocations());
    assertTrue(
        refused.getMessage().contains("no list of revoked certificates"), refused::getMessage);
  }

  private static void assertRefused(String why, Path file) {
    StartupException refused =
        assertThrows(StartupException.class, () -> new PemFile("certificate", file).certificates());
    assertTrue(refused.getMessage().startsWith("cannot use " + why), refused::getMessage);
  }

  @Test
  void encryptedKeysAreRefusedWithTheWayOut() throws IOException {
    Path file = directory.resolve("encrypted.key");
    Files.writeString(
        file,
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
            + "DEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n"
            + Base64.getEncoder().encodeToString(new byte[32])
            + "\n-----END RSA PRIVATE KEY-----\n");
    StartupException refused =
        assertThrows(StartupException.class, () -> new PemFile("private key", file).privateKey());
    assertTrue(refused.getMessage().contains("decrypt it with openssl pkey"), refused::getMessage);
  }

  @Test
  void aKeyOfAnotherCertificateIsRefused() {
    TestAuthority authority = new TestAuthority(directory, "authority");
    KeyFiles one = authority.issue("one", "one", "a.example");
    for (String algorithm : new String[] {"EC", "RSA", "Ed25519"}) {
      KeyFiles other =
          authority.issue("other", "other", algorithm, Instant.now().plusSeconds(60), "b.example");
      assertEquals(1, Identity.read(other).chain().size());
      KeyFiles mixed = new KeyFiles(one.certificate(), other.key());
      StartupException refused = assertThrows(StartupException.class, () -> Identity.read(mixed));
      assertTrue(refused.getMessage().contains("does not belong to"), refused::getMessage);
    }
  }

  private Path pem(String form, byte[] content) throws IOException {
    Path file = directory.resolve("some.pem");
    Files.writeString(
        file,
        "-----BEGIN "
            + form
            + "-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)
            + "\n-----END "
            + form
            + "-----\n");
    return file;
  }
}
