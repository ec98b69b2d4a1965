package io.holdfast.driver.internal;

import io.holdfast.driver.Connection;
import io.holdfast.driver.ErrorState;
import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.Transaction;
import io.holdfast.driver.TxnRequest;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Runs a piece of work until nothing that it read changes while it runs, or too often. */
final class TransactionRunner {
  private static final long PAUSE_MIN_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long PAUSE_MAX_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final Connection connection;
  private final Settings settings;

  TransactionRunner(Connection connection, Settings settings) {
    this.connection = connection;
    this.settings = settings;
  }

  <T> T run(Function<Transaction, T> work) {
    for (int attempt = 0; attempt < settings.transactionAttempts(); attempt++) {
      if (attempt > 0) {
        pause(Endpoint.pauseNanos(attempt - 1, PAUSE_MIN_NANOS, PAUSE_MAX_NANOS));
      }
      SnapshotTransaction transaction = new SnapshotTransaction(connection);
      try {
        T outcome = work.apply(transaction);
        TxnRequest commit = transaction.finish();
        if (commit.success().isEmpty() || connection.txn(commit).succeeded()) {
          return outcome;
        }
      } catch (HoldfastException failed) {
        // The revision that was read at is gone already: read again at a later one.
        if (failed.errorState() != ErrorState.COMPACTED) {
          throw failed;
        }
      }
    }
    throw new HoldfastException(
        ErrorState.TRANSACTION_CONFLICT,
        "what the transaction read was changed by others in each of "
            + settings.transactionAttempts()
            + " attempts; nothing was written");
  }

  private static void pause(long nanos) {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new HoldfastException(
          ErrorState.TIMED_OUT, "the thread was interrupted between two attempts; nothing written");
    }
  }
}
