package io.holdfast.config;

import io.holdfast.driver.Connection;
import io.holdfast.driver.Drivers;
import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.WatchBatch;
import io.holdfast.driver.WatchListener;
import io.holdfast.driver.WatchRequest;
import io.holdfast.driver.WatchResync;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The one watch behind a source, and the snapshot that it keeps current.
 *
 * <p>Each change of the store becomes one new snapshot, swapped in as a whole. While the store is
 * away the last snapshot stays, and that is logged once. Thread-safe.
 */
final class LiveStore implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(LiveStore.class.getName());
  private static final long REOPEN_SECONDS = 15;

  private final SourceSettings settings;
  private final Connection connection;
  private final String endpoints;
  private final StoredKeys keys;
  private final CountDownLatch loaded = new CountDownLatch(1);
  private final CountDownLatch loadedOrRefused = new CountDownLatch(1);
  private volatile ConfigSnapshot snapshot = ConfigSnapshot.EMPTY;
  private volatile Optional<Throwable> lastFailure = Optional.empty();
  private volatile boolean closed;

  private LiveStore(SourceSettings settings) {
    this.settings = settings;
    this.keys = new StoredKeys(settings.layers());
    Properties properties = new Properties();
    // Short, so that a start without a store can soon say why there is none; the URL may differ.
    properties.setProperty("requestTimeout", "2s");
    settings.driverProperties().forEach(properties::setProperty);
    this.connection = Drivers.connect(settings.url(), properties);
    this.endpoints = String.join(", ", connection.endpoints());
  }

  /**
   * Connects and waits for the first snapshot.
   *
   * @throws IllegalStateException if the store does not answer, unless the settings allow for that
   */
  static LiveStore open(SourceSettings settings) {
    LiveStore store = new LiveStore(settings);
    store.watch();
    try {
      boolean answered =
          store.loadedOrRefused.await(settings.startupTimeout().toMillis(), TimeUnit.MILLISECONDS);
      if (!answered || store.loaded.getCount() > 0) {
        store.absentAtStart();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      store.close();
      throw new IllegalStateException(
          "the thread was interrupted while it waited for the configuration store", interrupted);
    }
    return store;
  }

  private void absentAtStart() {
    String reason =
        "the configuration store at "
            + endpoints
            + " did not give its values within "
            + settings.startupTimeout().toMillis()
            + " ms"
            + lastFailure.map(failure -> ": " + failure.getMessage()).orElse("");
    if (!settings.startEmpty()) {
      close();
      throw new IllegalStateException(
          reason
              + ". Start the store, correct "
              + ConfigSetting.URL.key()
              + ", or set "
              + ConfigSetting.ON_ABSENT.key()
              + "=start-empty to start without it",
          lastFailure.orElse(null));
    }
    LOG.log(
        System.Logger.Level.WARNING,
        "{0}; starting without it, its values will appear once it answers",
        reason);
  }

  private void watch() {
    connection.watch(
        WatchRequest.of(settings.layers().range()).listingFirst(), new SnapshotKeeper());
  }

  ConfigSnapshot snapshot() {
    return snapshot;
  }

  String endpoints() {
    return endpoints;
  }

  @Override
  public void close() {
    closed = true;
    connection.close();
  }

  private final class SnapshotKeeper implements WatchListener {
    private boolean away;

    @Override
    public void onResync(WatchResync resync) {
      keys.replaceAll(resync.keyValues());
      if (swap(resync.revision())) {
        loaded.countDown();
      }
      loadedOrRefused.countDown();
    }

    @Override
    public void onEvents(WatchBatch batch) {
      keys.apply(batch.events());
      if (swap(batch.revision())) {
        loaded.countDown();
      }
    }

    private boolean swap(long revision) {
      if (keys.size() <= settings.keysMax()) {
        snapshot = keys.snapshot(revision);
        return true;
      }
      String tooMany =
          "the application has "
              + keys.size()
              + " keys at revision "
              + revision
              + ", more than "
              + ConfigSetting.KEYS_MAX.key()
              + "="
              + settings.keysMax()
              + " allows; the values of revision "
              + snapshot.revision()
              + " stay in force";
      LOG.log(System.Logger.Level.ERROR, tooMany);
      lastFailure = Optional.of(new IllegalStateException(tooMany));
      return false;
    }

    @Override
    public void onConnected(String endpoint) {
      if (away) {
        away = false;
        LOG.log(
            System.Logger.Level.INFO,
            "the configuration store is back at {0}, values are live again",
            endpoint);
      }
    }

    @Override
    public void onDisconnected(HoldfastException cause) {
      lastFailure = Optional.of(cause);
      away = true;
      if (loaded.getCount() == 0) {
        LOG.log(
            System.Logger.Level.WARNING,
            "the configuration store is away, the values of revision {0} stay in force: {1}",
            Long.toString(snapshot.revision()),
            cause.getMessage());
      }
    }

    @Override
    public void onClosed(Optional<Throwable> cause) {
      if (closed || cause.isEmpty()) {
        return;
      }
      lastFailure = cause;
      LOG.log(
          System.Logger.Level.ERROR,
          "the configuration store refuses to be watched; trying again every "
              + REOPEN_SECONDS
              + " s",
          cause.get());
      loadedOrRefused.countDown();
      CompletableFuture.delayedExecutor(REOPEN_SECONDS, TimeUnit.SECONDS)
          .execute(LiveStore.this::reopen);
    }
  }

  private void reopen() {
    if (!closed) {
      try {
        watch();
      } catch (HoldfastException closedMeanwhile) {
        LOG.log(System.Logger.Level.DEBUG, "the watch is not opened again", closedMeanwhile);
      }
    }
  }
}
