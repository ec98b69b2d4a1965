package io.holdfast.server.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.error.StartupException;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsMaterialTest {
  private static final long SECOND = 1_000_000_000L;

  @TempDir Path directory;
  private final AtomicLong now = new AtomicLong();
  private TestAuthority authority;
  private KeyFiles files;

  @BeforeEach
  void issue() {
    authority = new TestAuthority(directory, "authority");
    files = authority.issue("server", "server", "localhost");
  }

  private TlsMaterial load(TlsOptions options) {
    return TlsMaterial.load(options, List.of("h2"), now::get);
  }

  @Test
  void filesAreLookedAtOnceASecondAndReadWhenTheyHaveChanged() {
    TlsMaterial material = load(TlsOptions.ofServer(files));
    SslContext first = material.server();
    now.addAndGet(2 * SECOND);
    assertSame(first, material.server(), "nothing has changed");
    authority.issue("server", "renewed", "localhost");
    now.addAndGet(SECOND / 2);
    assertSame(first, material.server(), "not looked at again yet");
    now.addAndGet(SECOND);
    assertNotSame(first, material.server());
  }

  @Test
  void filesThatCannotBeUsedLeaveTheOldOnesInForceUntilTheyCan() throws IOException {
    TlsMaterial material = load(TlsOptions.ofServer(files));
    SslContext first = material.server();
    byte[] key = Files.readAllBytes(files.key());
    Files.writeString(files.key(), "half a fi");
    now.addAndGet(2 * SECOND);
    assertSame(first, material.server());
    Files.delete(files.key());
    now.addAndGet(2 * SECOND);
    assertSame(first, material.server());
    Files.write(files.key(), key);
    now.addAndGet(2 * SECOND);
    assertNotSame(first, material.server(), "read again once they are good");
  }

  @Test
  void everyFileCounts() throws IOException {
    Path list = authority.revoke("revoked.crl");
    KeyFiles asClient = authority.issue("caller", "caller");
    TlsOptions options =
        new TlsOptions(
            Optional.of(files),
            Optional.of(asClient),
            Optional.of(authority.authorityFile()),
            true,
            Optional.of(list),
            List.of(),
            List.of(),
            false,
            true,
            List.of(),
            TlsVersion.TLS_1_2,
            TlsVersion.TLS_1_3,
            1);
    for (Path file :
        List.of(
            files.certificate(),
            files.key(),
            asClient.certificate(),
            asClient.key(),
            authority.authorityFile(),
            list)) {
      byte[] content = Files.readAllBytes(file);
      Files.delete(file);
      StartupException refused = assertThrows(StartupException.class, () -> load(options));
      assertTrue(refused.getMessage().contains(file.toString()), refused::getMessage);
      Files.write(file, content);
      TlsMaterial material = load(options);
      SslContext first = material.client();
      Files.write(file, content);
      Files.setLastModifiedTime(file, java.nio.file.attribute.FileTime.fromMillis(1));
      now.addAndGet(2 * SECOND);
      assertNotSame(first, material.client(), file::toString);
    }
  }

  @Test
  void aSelfSignedIdentityStaysFromStartToStart() throws IOException {
    Path folder = directory.resolve("fixtures/client");
    SelfSigned selfSigned = new SelfSigned(folder, List.of("localhost", "127.0.0.1"));
    KeyFiles made = selfSigned.ensure(1);
    byte[] first = Files.readAllBytes(made.certificate());
    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(made.key())));
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
    selfSigned.ensure(1);
    assertEquals(new String(first), Files.readString(made.certificate()));
    CertificateNames names = new CertificateNames(Identity.read(made).chain().get(0));
    assertTrue(names.covers("127.0.0.1") && names.covers("LOCALHOST"));
    new SelfSigned(folder, List.of("elsewhere.example")).ensure(1);
    assertTrue(!new String(first).equals(Files.readString(made.certificate())), "for other hosts");
  }
}
