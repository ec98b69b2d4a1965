package io.holdfast.server.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CertificateNamesTest {
  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "a.example, a.example, true",
    "a.example, A.Example, true",
    "a.example, b.a.example, false",
    "*.example, a.example, true",
    "*.example, example, false",
    "*.example, b.a.example, false",
    "*.example, .example, false",
    "127.0.0.1, 127.0.0.1, true",
    "127.0.0.1, 127.0.0.2, false",
    "::1, 0:0:0:0:0:0:0:1, true",
    "a.example, 127.0.0.1, false"
  })
  void hostsAreCoveredByNameOrAddress(String certified, String host, boolean covered) {
    KeyFiles files = new TestAuthority(directory, "ca").issue("one", "somebody", certified);
    CertificateNames names = new CertificateNames(Identity.read(files).chain().get(0));
    assertEquals(covered, names.covers(host));
    assertEquals("somebody", names.commonName().orElseThrow());
    assertEquals(false, names.covers("somebody"), "the common name is no host");
  }

  @Test
  void certificatesWithoutHostsCoverNone() {
    KeyFiles files = new TestAuthority(directory, "ca").issue("one", "a.example");
    CertificateNames names = new CertificateNames(Identity.read(files).chain().get(0));
    assertEquals(false, names.hasHosts());
    assertEquals(false, names.covers("a.example"));
  }
}
