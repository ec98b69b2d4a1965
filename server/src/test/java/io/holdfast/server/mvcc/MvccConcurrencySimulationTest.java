package io.holdfast.server.mvcc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.holdfast.server.backend.Backend;
import io.holdfast.server.backend.BackendOptions;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.StoreException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers while one thread writes and compacts. Every transaction moves something between accounts,
 * so that the sum over all of them is the same at every revision; a reader that mixes two revisions
 * sees another.
 */
class MvccConcurrencySimulationTest {
  private static final int ACCOUNTS = 200;
  private static final long START_BALANCE = 1_000;
  private static final int TRANSACTIONS = 6_000;
  private static final int READERS = 3;

  @TempDir Path directory;

  private volatile boolean writing = true;

  @Test
  void everyReadSeesOneRevision() throws Exception {
    BackendOptions options = new BackendOptions(1 << 20, 1_000);
    ExecutorService readers = Executors.newFixedThreadPool(READERS);
    try (Backend backend = Backend.open(directory.resolve("store"), options)) {
      MvccStore store = MvccStore.open(backend, new MvccOptions(8_000));
      openAccounts(store);
      List<Future<Integer>> running = new ArrayList<>();
      for (int i = 0; i < READERS; i++) {
        running.add(readers.submit(reader(store, i)));
      }
      try {
        write(store, backend);
      } finally {
        writing = false;
        int reads = 0;
        for (Future<Integer> reader : running) {
          reads += reader.get();
        }
        assertEquals(true, reads > 0, "nothing was read");
      }
    } finally {
      readers.shutdownNow();
    }
  }

  private static void openAccounts(MvccStore store) {
    WriteTxn txn = store.beginWrite();
    for (int i = 0; i < ACCOUNTS; i++) {
      txn.put(account(i), balance(START_BALANCE), 0);
    }
    txn.end();
  }

  private void write(MvccStore store, Backend backend) {
    Random random = new Random(5);
    for (int i = 1; i <= TRANSACTIONS; i++) {
      WriteTxn txn = store.beginWrite();
      move(txn, random);
      // Keys that come and go change the shape of the index under the readers.
      Key passing = Key.of("passing" + random.nextInt(500));
      if (txn.get(passing).isEmpty()) {
        txn.put(passing, balance(0), 0);
      } else {
        txn.deleteRange(KeyRange.single(passing));
      }
      txn.end();
      if (i % 50 == 0) {
        backend.commit(i, 1);
      }
      if (i % 400 == 0) {
        backend.sync();
        store.compact(store.currentRevision() - random.nextInt(20));
      }
      store.compactStep(5);
    }
  }

  private static void move(WriteTxn txn, Random random) {
    Key from = account(random.nextInt(ACCOUNTS));
    Key to = account(random.nextInt(ACCOUNTS));
    if (from.equals(to)) {
      return;
    }
    long amount = random.nextInt(100);
    long left = ByteBuffer.wrap(txn.get(from).orElseThrow().value()).getLong() - amount;
    long grown = ByteBuffer.wrap(txn.get(to).orElseThrow().value()).getLong() + amount;
    txn.put(from, balance(left), 0);
    txn.put(to, balance(grown), 0);
  }

  private Callable<Integer> reader(MvccStore store, int seed) {
    return () -> {
      Random random = new Random(seed);
      int reads = 0;
      while (writing) {
        long revision = random.nextBoolean() ? 0 : store.currentRevision() - random.nextInt(30);
        RangeQuery query =
            RangeQuery.builder(KeyRange.prefix("account")).revision(Math.max(2, revision)).build();
        if (revision == 0) {
          query = RangeQuery.of(KeyRange.prefix("account"));
        }
        try {
          check(store.range(query));
          checkCount(store);
          reads++;
        } catch (StoreException e) {
          assertEquals(EtcdError.COMPACTED, e.error());
        }
        if (random.nextInt(20) == 0) {
          store.hashKv(0);
        }
      }
      return reads;
    };
  }

  /** Counting, which skips most keys, against listing them. */
  private static void checkCount(MvccStore store) {
    long revision = store.currentRevision();
    RangeQuery.Builder query = RangeQuery.builder(KeyRange.prefix("passing")).revision(revision);
    long counted = store.range(query.countOnly(true).build()).count();
    int listed = store.range(query.countOnly(false).build()).keyValues().size();
    assertEquals(listed, counted, "keys at revision " + revision);
    assertEquals(listed, store.range(query.limit(1).build()).count());
  }

  private static void check(RangeResult result) {
    assertEquals(ACCOUNTS, result.count());
    assertEquals(ACCOUNTS, result.keyValues().size());
    long sum = 0;
    for (KeyValue account : result.keyValues()) {
      sum += ByteBuffer.wrap(account.value()).getLong();
    }
    assertEquals(ACCOUNTS * START_BALANCE, sum, "sum of the balances");
  }

  private static Key account(int number) {
    return Key.of(String.format("account/%04d", number));
  }

  private static byte[] balance(long amount) {
    return ByteBuffer.allocate(40).putLong(amount).array();
  }
}
