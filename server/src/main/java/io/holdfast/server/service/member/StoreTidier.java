package io.holdfast.server.service.member;

import io.holdfast.server.apply.Applier;
import io.holdfast.server.backend.Backend;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Brings the room of removed records back while the member works: a little of the store's file is
 * put in order at each tick, and now and then the store is made durable without need of new
 * entries, which is what lets old stretches of the file be used again and its end be cut off.
 *
 * <p>On the loop thread; a step takes about a millisecond, a few when the disk is short of room.
 */
final class StoreTidier {
  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long REST_NANOS = SECOND_NANOS;
  private static final long POINT_NANOS = 30 * SECOND_NANOS;
  private static final long POINT_PRESSED_NANOS = 2 * SECOND_NANOS;
  private static final long DROP_NANOS = 2 * SECOND_NANOS;
  private static final int STEP_BYTES = 256 << 10;
  private static final int STEP_PRESSED_BYTES = 1 << 20;

  /** Dead bytes that are left to the next commit, whenever it comes. */
  private static final long DEAD_BYTES_MAX = 1 << 20;

  private final Applier applier;
  private final BooleanSupplier pressed;
  private final Runnable recoveryPoint;
  private long restUntilNanos;
  private long lastPointNanos;
  private long lastDropNanos;

  /**
   * @param pressed whether the disk is short of room
   * @param recoveryPoint makes the store durable soon
   */
  StoreTidier(Applier applier, BooleanSupplier pressed, Runnable recoveryPoint, long nowNanos) {
    this.applier = applier;
    this.pressed = pressed;
    this.recoveryPoint = recoveryPoint;
    this.restUntilNanos = nowNanos;
    this.lastPointNanos = nowNanos;
    this.lastDropNanos = nowNanos;
  }

  /** To be called at each tick. */
  void ticked(long nowNanos) {
    boolean hurry = pressed.getAsBoolean();
    if (hurry || nowNanos - restUntilNanos >= 0) {
      tidy(nowNanos, hurry);
    }
    long interval = hurry ? POINT_PRESSED_NANOS : POINT_NANOS;
    if (nowNanos - lastPointNanos >= interval && applier.backend().hasUnsyncedCommits()) {
      lastPointNanos = nowNanos;
      recoveryPoint.run();
    }
  }

  private void tidy(long nowNanos, boolean hurry) {
    Backend backend = applier.backend();
    if (backend.isSmall() && !hurry) {
      restUntilNanos = nowNanos + REST_NANOS;
    } else if (backend.tidy(hurry ? STEP_PRESSED_BYTES : STEP_BYTES, Backend.TIDY_PERCENT)) {
      applier.commit();
    } else if (nowNanos - lastDropNanos >= DROP_NANOS && backend.deadBytes() > DEAD_BYTES_MAX) {
      lastDropNanos = nowNanos;
      applier.commit();
    } else {
      restUntilNanos = nowNanos + REST_NANOS;
    }
  }
}
