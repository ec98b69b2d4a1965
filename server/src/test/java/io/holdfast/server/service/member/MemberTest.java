package io.holdfast.server.service.member;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.mvcc.RangeResult;
import io.holdfast.server.service.Response;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A member that is alone in its cluster, with its real log and store in a directory. */
class MemberTest {
  @TempDir Path directory;

  @Test
  void answersPutsAndGets() throws Exception {
    try (Member member = start()) {
      Response<CommandResult.Put> put = put(member, "a", "1");
      Response<RangeResult> read = get(member, "a", false);

      assertEquals(2, put.header().revision());
      assertEquals(member.memberId(), put.header().memberId());
      assertEquals(member.clusterId(), put.header().clusterId());
      assertEquals(2, read.header().revision());
      KeyValue pair = read.body().keyValues().get(0);
      assertArrayEquals(bytes("1"), pair.value());
      assertEquals(2, pair.modRevision());
    }
  }

  @Test
  void keepsEverythingOverARestart() throws Exception {
    try (Member member = start()) {
      for (int i = 0; i < 100; i++) {
        put(member, "key" + i, "value" + i);
      }
    }
    try (Member member = start()) {
      await(member.joined());
      RangeQuery all = RangeQuery.of(KeyRange.prefix("key"));
      assertEquals(100, await(member.keyValues().range(all, false)).body().count());
      assertEquals(102, put(member, "one more", "x").header().revision());
    }
  }

  private Member start() {
    return Member.start(MemberConfig.builder("default", directory).build());
  }

  private static Response<CommandResult.Put> put(Member member, String key, String value)
      throws Exception {
    return await(member.keyValues().put(Command.Put.of(Key.of(bytes(key)), bytes(value))));
  }

  private static Response<RangeResult> get(Member member, String key, boolean serializable)
      throws Exception {
    return await(
        member.keyValues().range(RangeQuery.of(KeyRange.single(bytes(key))), serializable));
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    try {
      return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
