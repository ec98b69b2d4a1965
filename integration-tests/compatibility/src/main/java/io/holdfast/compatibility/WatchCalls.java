package io.holdfast.compatibility;

import io.holdfast.api.etcdserverpb.WatchCancelRequest;
import io.holdfast.api.etcdserverpb.WatchCreateRequest;
import io.holdfast.api.etcdserverpb.WatchProgressRequest;
import io.holdfast.api.etcdserverpb.WatchRequest;

/** Random requests on a stream of watches. */
final class WatchCalls {
  private static final int UNKNOWN = 9;

  private final Dice dice;

  WatchCalls(Dice dice) {
    this.dice = dice;
  }

  WatchRequest request() {
    WatchRequest.Builder request = WatchRequest.newBuilder();
    int roll = dice.below(100);
    if (roll < 70) {
      request.setCreateRequest(create());
    } else if (roll < 87) {
      request.setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(watchId()));
    } else if (roll < 98) {
      request.setProgressRequest(WatchProgressRequest.getDefaultInstance());
    }
    return request.build();
  }

  private WatchCreateRequest create() {
    WatchCreateRequest.Builder create =
        WatchCreateRequest.newBuilder()
            .setKey(dice.key())
            .setRangeEnd(dice.end())
            .setPrevKv(dice.chance(50))
            .setProgressNotify(dice.chance(20))
            .setFragment(dice.chance(20));
    if (dice.chance(30)) {
      create.setStartRevision(dice.revision());
    }
    if (dice.chance(15)) {
      create.addFiltersValue(dice.below(2));
    }
    if (dice.chance(4)) {
      create.addFiltersValue(dice.chance(50) ? UNKNOWN : dice.below(2));
    }
    if (dice.chance(25)) {
      create.setWatchId(watchId());
    }
    return create.build();
  }

  private long watchId() {
    return dice.below(60) == 0 ? -5 : dice.below(5);
  }
}
