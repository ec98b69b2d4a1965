package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.scenarios.History.Kind;
import io.holdfast.scenarios.History.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The checker accepts good histories and finds every kind of damage done to them. */
class HistoryTest {
  private static final int KEYS = 3;

  @Test
  void acceptsGoodHistories() {
    for (int seed = 0; seed < 50; seed++) {
      assertEquals(List.of(), check(good(seed)), "seed " + seed);
    }
  }

  @Test
  void findsALostWrite() {
    assertFound(
        history -> {
          int read = lastRead(history);
          Operation seen = history.get(read);
          history.set(read, withValue(seen, Optional.empty(), 0));
          return history;
        });
  }

  @Test
  void findsAStaleRead() {
    Operation first = put("k", "old", 2, 0, 10);
    Operation second = put("k", "new", 3, 20, 30);
    Operation stale = new Operation(Kind.READ, "k", Optional.of("old"), 2, 2, 40, 50);
    assertFalse(check(List.of(first, second, stale)).isEmpty());
    Operation concurrent = new Operation(Kind.READ, "k", Optional.of("old"), 2, 2, 25, 50);
    assertEquals(List.of(), check(List.of(first, second, concurrent)));
  }

  @Test
  void findsARevisionHandedOutTwice() {
    assertTrue(
        check(List.of(put("a", "1", 2, 0, 1), put("b", "2", 2, 2, 3)))
            .get(0)
            .startsWith("revision handed out twice"));
  }

  @Test
  void findsAWriteThatWentBackInTime() {
    assertFalse(check(List.of(put("a", "1", 3, 0, 1), put("a", "2", 2, 5, 6))).isEmpty());
  }

  @Test
  void anUnknownOutcomeMayHaveHappenedOrNot() {
    Operation unknown = new Operation(Kind.PUT, "k", Optional.of("u"), 0, 0, 0, 10);
    Operation seen = new Operation(Kind.READ, "k", Optional.of("u"), 5, 5, 20, 30);
    Operation nothing = new Operation(Kind.READ, "k", Optional.empty(), 4, 0, 20, 30);
    assertEquals(List.of(), check(List.of(unknown, seen)));
    assertEquals(List.of(), check(List.of(unknown, nothing)));
    Operation beforeItWasCalled = new Operation(Kind.READ, "k", Optional.of("u"), 5, 5, -9, -5);
    assertFalse(check(List.of(unknown, beforeItWasCalled)).isEmpty());
  }

  private static void assertFound(Function<List<Operation>, List<Operation>> damage) {
    for (int seed = 0; seed < 50; seed++) {
      List<Operation> damaged = damage.apply(new ArrayList<>(good(seed)));
      assertFalse(check(damaged).isEmpty(), "seed " + seed);
    }
  }

  private static List<String> check(List<Operation> operations) {
    History history = new History();
    operations.forEach(history::add);
    return history.violations();
  }

  /** A sequential run whose calls and returns are then spread so that neighbours overlap. */
  private static List<Operation> good(int seed) {
    Random random = new Random(seed);
    List<Operation> history = new ArrayList<>();
    Operation[] state = new Operation[KEYS];
    long revision = 1;
    for (int i = 0; i < 100; i++) {
      int key = random.nextInt(KEYS);
      long now = i * 100L;
      long call = now - random.nextInt(150);
      long end = now + random.nextInt(150);
      if (random.nextBoolean() || state[key] == null) {
        revision++;
        state[key] = put("k" + key, "v" + i, revision, call, end);
        history.add(state[key]);
      } else {
        history.add(
            new Operation(
                Kind.READ,
                "k" + key,
                state[key].value(),
                revision,
                state[key].revision(),
                call,
                end));
      }
    }
    return history;
  }

  private static int lastRead(List<Operation> history) {
    for (int i = history.size() - 1; i >= 0; i--) {
      if (history.get(i).kind() == Kind.READ) {
        return i;
      }
    }
    throw new AssertionError("no read");
  }

  private static Operation withValue(Operation read, Optional<String> value, long modRevision) {
    return new Operation(
        Kind.READ,
        read.key(),
        value,
        read.revision(),
        modRevision,
        read.callNanos(),
        read.returnNanos());
  }

  private static Operation put(String key, String value, long revision, long call, long end) {
    return new Operation(Kind.PUT, key, Optional.of(value), revision, 0, call, end);
  }
}
