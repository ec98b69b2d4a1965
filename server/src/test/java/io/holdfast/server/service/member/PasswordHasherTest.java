package io.holdfast.server.service.member;

import static io.holdfast.server.service.member.TestCluster.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PasswordHasherTest {
  private static final int WAITING_MAX = 3;

  private final ThreadPoolExecutor worker =
      new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING_MAX));
  private final PasswordHasher hasher =
      new PasswordHasher(AuthOptions.BCRYPT_COST_MIN, new SecureRandom(), worker);

  @AfterEach
  void stop() {
    worker.shutdownNow();
  }

  @Test
  void onlyThePasswordThatWasHashedMatches() throws Exception {
    String hash = await(hasher.hash("correct horse"));
    assertTrue(hash.startsWith("$2a$04$"), "cost and kind stand in front");
    assertNotEquals(hash, await(hasher.hash("correct horse")), "each has a salt of its own");
    assertTrue(await(hasher.matches("correct horse", hash)));
    assertFalse(await(hasher.matches("correct horsf", hash)));
    assertFalse(await(hasher.matches("", hash)));
  }

  /** What other programs have hashed stays usable; the values are bcrypt's well-known ones. */
  @Test
  void hashesOfOtherProgramsAreUnderstood() throws Exception {
    String hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    assertTrue(await(hasher.matches("U*U", hash)));
    assertFalse(await(hasher.matches("U*V", hash)));
  }

  @Test
  void nothingMatchesWhereThereIsNoHash() throws Exception {
    assertFalse(await(hasher.matches("", "")));
    assertFalse(await(hasher.matches("nobody", "")), "what is compared with is no password");
  }

  /** bcrypt looks at 72 bytes: who knows these must not get in with a longer password. */
  @Test
  void passwordsThatWouldBeCutAreRefused() throws Exception {
    String longest = "x".repeat(72);
    String hash = await(hasher.hash(longest));
    assertTrue(await(hasher.matches(longest, hash)));
    assertFalse(await(hasher.matches(longest + "y", hash)));
    assertEquals(EtcdError.PASSWORD_TOO_LONG, refusal(hasher.hash(longest + "y")));
    assertEquals(EtcdError.PASSWORD_TOO_LONG, refusal(hasher.hash("ä".repeat(37))));
  }

  @Test
  void aFloodIsRefusedBeyondABound() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    worker.execute(() -> awaitQuietly(release));
    List<CompletionStage<Boolean>> waiting = new ArrayList<>();
    for (int i = 0; i < WAITING_MAX; i++) {
      waiting.add(hasher.matches("a password", ""));
    }
    assertEquals(EtcdError.TOO_MANY_REQUESTS, refusal(hasher.matches("a password", "")));
    assertEquals(EtcdError.TOO_MANY_REQUESTS, refusal(hasher.hash("a password")));
    release.countDown();
    for (CompletionStage<Boolean> one : waiting) {
      assertFalse(await(one));
    }
  }

  private static void awaitQuietly(CountDownLatch release) {
    try {
      release.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static EtcdError refusal(CompletionStage<?> stage) {
    return assertThrows(StoreException.class, () -> await(stage)).error();
  }
}
