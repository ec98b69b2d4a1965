package io.holdfast.driver.testing;

import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.WatchBatch;
import io.holdfast.driver.WatchEvent;
import io.holdfast.driver.WatchListener;
import io.holdfast.driver.WatchResync;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Keeps what a watch tells, for tests to wait for. */
public final class RecordingListener implements WatchListener {
  private static final long PATIENCE_SECONDS = 30;

  private final BlockingQueue<WatchEvent> events = new LinkedBlockingQueue<>();
  private final BlockingQueue<WatchResync> resyncs = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> connected = new LinkedBlockingQueue<>();
  private final BlockingQueue<Long> progress = new LinkedBlockingQueue<>();
  private final BlockingQueue<HoldfastException> disconnected = new LinkedBlockingQueue<>();
  private final BlockingQueue<Optional<Throwable>> closed = new LinkedBlockingQueue<>();

  @Override
  public void onEvents(WatchBatch batch) {
    events.addAll(batch.events());
  }

  @Override
  public void onResync(WatchResync resync) {
    resyncs.add(resync);
  }

  @Override
  public void onProgress(long revision) {
    progress.add(revision);
  }

  @Override
  public void onConnected(String endpoint) {
    connected.add(endpoint);
  }

  @Override
  public void onDisconnected(HoldfastException cause) {
    disconnected.add(cause);
  }

  @Override
  public void onClosed(Optional<Throwable> cause) {
    closed.add(cause);
  }

  /** The next event, waited for. */
  public WatchEvent nextEvent() {
    return next(events, "event");
  }

  /** The next events as text: {@code key=value} of puts, {@code -key} of deletions. */
  public List<String> nextEvents(int count) {
    List<String> texts = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      texts.add(text(nextEvent()));
    }
    return texts;
  }

  /** An event as text. */
  public static String text(WatchEvent event) {
    return event.type() == WatchEvent.Type.DELETE
        ? "-" + event.keyValue().key()
        : event.keyValue().key() + "=" + event.keyValue().value();
  }

  /** The next resynchronisation, waited for. */
  public WatchResync nextResync() {
    return next(resyncs, "resynchronisation");
  }

  /** The next time the watch is established, waited for. */
  public String nextConnected() {
    return next(connected, "connection");
  }

  /** The next interruption, waited for. */
  public HoldfastException nextDisconnected() {
    return next(disconnected, "interruption");
  }

  /** The next progress, waited for. */
  public long nextProgress() {
    return next(progress, "progress");
  }

  /** The end, waited for. */
  public Optional<Throwable> nextClosed() {
    return next(closed, "end");
  }

  /** How many interruptions were told and not yet taken. */
  public int disconnectedCount() {
    return disconnected.size();
  }

  /** How many events were told and not yet taken. */
  public int eventCount() {
    return events.size();
  }

  private static <T> T next(BlockingQueue<T> queue, String what) {
    try {
      T item = queue.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (item == null) {
        throw new AssertionError("no " + what + " within " + PATIENCE_SECONDS + " s");
      }
      return item;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError(interrupted);
    }
  }
}
