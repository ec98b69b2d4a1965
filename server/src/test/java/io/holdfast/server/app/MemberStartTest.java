package io.holdfast.server.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.app.flag.FlagValues;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.ops.WorkTimings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MemberStartTest {
  @TempDir Path folder;

  @Test
  void aRefusedStartReachesTheOneWhoWaits() throws IOException {
    Path wal = Files.createDirectories(folder.resolve("member/wal"));
    Path foreign = wal.resolve("0000000000000000-0000000000000000.wal");
    Files.write(foreign, new byte[4_096]);
    MemberStart start = MemberStart.begin(options(), TlsSetup.NONE, new WorkTimings());
    try {
      StartupException refused = assertThrows(StartupException.class, start::await);
      String said = refused.getMessage();
      assertTrue(said.contains("which is no part of a log"), said);
    } finally {
      start.abandon();
    }
    try (Stream<Path> left = Files.walk(folder)) {
      assertEquals(List.of(foreign), left.filter(Files::isRegularFile).toList());
    }
  }

  @Test
  void anAbandonedMemberLeavesItsFilesToTheNext() {
    ServerOptions options = options();
    MemberStart first = MemberStart.begin(options, TlsSetup.NONE, new WorkTimings());
    first.abandon();
    MemberStart second = MemberStart.begin(options, TlsSetup.NONE, new WorkTimings());
    try {
      assertNotSame(first.await(), second.await());
    } finally {
      second.abandon();
    }
  }

  private ServerOptions options() {
    Map<String, String> flags =
        Map.of("data-dir", folder.toString(), "listen-peer-urls", "http://127.0.0.1:0");
    return ServerOptionsReader.read(FlagValues.of(flags, Map.of()));
  }
}
