package io.holdfast.server.service.recipe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.service.Response;
import io.holdfast.server.service.member.Member;
import io.holdfast.server.service.member.MemberConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A real member, alone in its cluster, with leases as short as one second. */
final class RecipeMember implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;

  final Member member;

  RecipeMember(Path directory) throws Exception {
    member =
        Member.start(
            MemberConfig.builder("m0", directory)
                .heartbeatIntervalMillis(20)
                .electionTimeoutMillis(200)
                .build());
    await(member.joined());
  }

  /** A lease that lasts as long as any test. */
  long lease() throws Exception {
    return lease(600);
  }

  long lease(long ttlSeconds) throws Exception {
    return await(member.leases().grant(0, ttlSeconds)).body().leaseId();
  }

  void revoke(long leaseId) throws Exception {
    await(member.leases().revoke(leaseId));
  }

  /** All pairs below a name, in key order. */
  List<KeyValue> pairs(String name) throws Exception {
    return await(member.keyValues().range(RangeQuery.of(KeyRange.prefix(bytes(name + "/"))), false))
        .body()
        .keyValues();
  }

  /** The keys below a name, in key order. */
  List<String> keys(String name) throws Exception {
    return pairs(name).stream().map(pair -> text(pair.key())).toList();
  }

  static String key(String name, long leaseId) {
    return name + "/" + Long.toHexString(leaseId);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  static <T> void assertRefused(EtcdError expected, CompletionStage<Response<T>> stage) {
    ExecutionException failure = assertThrows(ExecutionException.class, () -> await(stage));
    assertEquals(expected, assertInstanceOf(StoreException.class, failure.getCause()).error());
  }

  static void awaitTrue(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("waited in vain for " + what);
      }
      Thread.sleep(2);
    }
  }

  /** Something that may fail, to be waited for. */
  interface Check {
    boolean holds() throws Exception;
  }

  static void awaitCheck(String what, Check check) throws InterruptedException {
    awaitTrue(
        what,
        () -> {
          try {
            return check.holds();
          } catch (Exception e) {
            throw new AssertionError(what, e);
          }
        });
  }

  @Override
  public void close() {
    member.close();
  }
}
