package io.holdfast.server.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.app.flag.FlagValues;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.ops.StorageTimings;
import io.holdfast.server.service.member.Member;
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
    Files.writeString(folder.resolve("somebody-elses"), "file");
    MemberStart start = MemberStart.begin(options(), new StorageTimings());
    StartupException refused = assertThrows(StartupException.class, start::await);
    assertTrue(refused.getMessage().contains(folder.toString()), refused.getMessage());
    start.abandon();
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(folder.resolve("somebody-elses")), left.toList());
    }
  }

  @Test
  void anAbandonedMemberLeavesItsFilesToTheNext() {
    ServerOptions options = options();
    MemberStart first = MemberStart.begin(options, new StorageTimings());
    first.abandon();
    MemberStart second = MemberStart.begin(options, new StorageTimings());
    Member member = second.await();
    assertNotSame(first.await(), member);
    second.abandon();
    second.abandon();
  }

  private ServerOptions options() {
    Map<String, String> flags =
        Map.of("data-dir", folder.toString(), "listen-peer-urls", "http://127.0.0.1:0");
    return ServerOptionsReader.read(FlagValues.of(flags, Map.of()));
  }
}
