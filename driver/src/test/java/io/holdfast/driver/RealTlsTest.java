package io.holdfast.driver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.driver.testing.StoreProcess;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Encrypted connections, with certificates made for the occasion by the JDK's own keytool. */
class RealTlsTest {
  private static final String PASSWORD = "changeit";
  @TempDir static Path directory;
  private static Path certificate;
  private static Path key;
  private static Path otherCertificate;

  @BeforeAll
  static void makeCertificates() throws Exception {
    certificate = directory.resolve("member.pem");
    key = directory.resolve("member-key.pem");
    otherCertificate = directory.resolve("other.pem");
    make("member", "san=ip:127.0.0.1,dns:localhost", certificate, key);
    make("other", "san=dns:elsewhere.example", otherCertificate, directory.resolve("other-key"));
  }

  private static void make(String name, String extension, Path certificate, Path key)
      throws IOException, InterruptedException, GeneralSecurityException {
    Path store = directory.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-ext",
                extension,
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .start();
    String output = new String(keytool.getInputStream().readAllBytes());
    assertTrue(keytool.waitFor(60, TimeUnit.SECONDS) && keytool.exitValue() == 0, output);
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    writePem(certificate, "CERTIFICATE", keys.getCertificate(name).getEncoded());
    writePem(key, "PRIVATE KEY", keys.getKey(name, PASSWORD.toCharArray()).getEncoded());
  }

  private static void writePem(Path file, String kind, byte[] content) throws IOException {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
    Files.writeString(
        file, "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
  }

  @Test
  void verifiesTheServer() {
    try (StoreProcess store =
        StoreProcess.startTls("--cert-file=" + certificate, "--key-file=" + key)) {
      String url = store.url() + "?requestTimeout=10s&tls=verify-full&rootcert=" + certificate;
      try (Connection connection = Drivers.connect(url)) {
        connection.put("a", "1");
        assertEquals("1", connection.get("a").orElseThrow().value().asUtf8());
      }
      String untrusting = store.url() + "?requestTimeout=1s&tls=verify-full&rootcert=";
      try (Connection connection = Drivers.connect(untrusting + otherCertificate)) {
        HoldfastException refused =
            assertThrows(HoldfastException.class, () -> connection.get("a"));
        assertEquals("08001", refused.state());
      }
    }
  }

  @Test
  void verifiesTheServersNameUnlessToldNotTo() {
    Path otherKey = directory.resolve("other-key");
    try (StoreProcess store =
        StoreProcess.startTls("--cert-file=" + otherCertificate, "--key-file=" + otherKey)) {
      String url = store.url() + "?rootcert=" + otherCertificate;
      try (Connection connection = Drivers.connect(url + "&requestTimeout=1s&tls=verify-full")) {
        assertThrows(HoldfastException.class, () -> connection.get("a"));
      }
      try (Connection connection = Drivers.connect(url + "&requestTimeout=10s&tls=verify-ca")) {
        assertTrue(connection.get("a").isEmpty());
      }
    }
  }

  @Test
  void showsACertificateOfItsOwn() {
    try (StoreProcess store =
        StoreProcess.startTls(
            "--cert-file=" + certificate,
            "--key-file=" + key,
            "--client-cert-auth=true",
            "--trusted-ca-file=" + certificate)) {
      String url = store.url() + "?tls=verify-full&rootcert=" + certificate;
      try (Connection connection =
          Drivers.connect(url + "&requestTimeout=10s&cert=" + certificate + "&key=" + key)) {
        connection.put("a", "1");
      }
      try (Connection connection = Drivers.connect(url + "&requestTimeout=1s")) {
        assertThrows(HoldfastException.class, () -> connection.get("a"));
      }
    }
  }

  @Test
  void refusesFilesThatHoldSomethingElse() {
    assertRefused("etcd://h?tls=verify-full&rootcert=" + key, "certificate");
    assertRefused(
        "etcd://h?tls=verify-full&cert=" + certificate + "&key=" + certificate, "PKCS #8");
  }

  private static void assertRefused(String url, String words) {
    HoldfastException refused =
        assertThrows(HoldfastException.class, () -> Drivers.connect(url).close());
    assertEquals("22023", refused.state());
    assertTrue(refused.getMessage().contains(words), refused.getMessage());
  }
}
