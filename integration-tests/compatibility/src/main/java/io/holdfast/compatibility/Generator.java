package io.holdfast.compatibility;

import com.google.protobuf.Message;
import io.holdfast.api.etcdserverpb.AlarmRequest;
import io.holdfast.api.etcdserverpb.AlarmType;
import io.holdfast.api.etcdserverpb.AuthenticateRequest;
import io.holdfast.api.etcdserverpb.CompactionRequest;
import io.holdfast.api.etcdserverpb.DefragmentRequest;
import io.holdfast.api.etcdserverpb.HashKVRequest;
import io.holdfast.api.etcdserverpb.HashRequest;
import io.holdfast.api.etcdserverpb.LeaseGrantRequest;
import io.holdfast.api.etcdserverpb.LeaseKeepAliveRequest;
import io.holdfast.api.etcdserverpb.LeaseLeasesRequest;
import io.holdfast.api.etcdserverpb.LeaseRevokeRequest;
import io.holdfast.api.etcdserverpb.LeaseTimeToLiveRequest;
import io.holdfast.api.etcdserverpb.MemberAddRequest;
import io.holdfast.api.etcdserverpb.MemberListRequest;
import io.holdfast.api.etcdserverpb.MemberPromoteRequest;
import io.holdfast.api.etcdserverpb.MemberRemoveRequest;
import io.holdfast.api.etcdserverpb.MemberUpdateRequest;
import io.holdfast.api.etcdserverpb.MoveLeaderRequest;
import io.holdfast.api.etcdserverpb.StatusRequest;
import io.holdfast.api.etcdserverpb.WatchRequest;
import java.util.ArrayList;
import java.util.List;

/** Makes scripts of random calls; the same seed and number make the same script. */
final class Generator {
  /** Connections take turns, so that each sees what the others have written. */
  private static final int LANES = 5;

  private static final int SCRIPTS_PER_ONE_WITH_USERS = 6;

  private static final long LONG_TTL_SECONDS = 600;

  private final Dice dice;
  private final KeyValueCalls keyValues;
  private final WatchCalls watches;
  private final AuthCalls auth;
  private final List<Step> script = new ArrayList<>();
  private int chosenLeases;

  private Generator(Dice dice, ApiLevel etcd) {
    this.dice = dice;
    this.keyValues = new KeyValueCalls(dice, this::lease, etcd);
    this.watches = new WatchCalls(dice);
    this.auth = new AuthCalls(dice, etcd);
  }

  /**
   * @param etcd what the scripts are for: calls that it does not survive are left out
   */
  static List<Step> script(long seed, long number, int steps, ApiLevel etcd) {
    Generator generator = new Generator(new Dice(seed * 1_000_003 + number), etcd);
    boolean withUsers = number % SCRIPTS_PER_ONE_WITH_USERS == SCRIPTS_PER_ONE_WITH_USERS - 1;
    if (withUsers) {
      generator.script.addAll(generator.auth.beginning());
    }
    while (generator.script.size() < steps) {
      if (withUsers) {
        generator.addWithUsers();
      } else {
        generator.add();
      }
    }
    return generator.script;
  }

  /** No watches: what they report does not depend on users once they have been admitted. */
  private void addWithUsers() {
    int roll = dice.below(100);
    if (roll < 40) {
      script.add(auth.step());
    } else if (roll < 55) {
      addAsUser(Call.PUT, keyValues.put());
    } else if (roll < 75) {
      addAsUser(Call.RANGE, keyValues.range());
    } else if (roll < 82) {
      addAsUser(Call.DELETE_RANGE, keyValues.deleteRange());
    } else if (roll < 92) {
      addAsUser(Call.TXN, keyValues.txn());
    } else if (roll < 95) {
      addAsUser(Call.LEASE_GRANT, grantOf(dice.lease()));
    } else if (roll < 97) {
      addAsUser(Call.LEASE_REVOKE, LeaseRevokeRequest.newBuilder().setID(dice.lease()).build());
    } else {
      addAsUser(Call.COMPACT, compaction());
    }
  }

  private void addAsUser(Call call, Message request) {
    script.add(new Step(dice.below(LANES), auth.caller(), call, request));
  }

  private Message grantOf(long id) {
    return LeaseGrantRequest.newBuilder()
        .setID(id)
        .setTTL(LONG_TTL_SECONDS + dice.below(90))
        .build();
  }

  private void add() {
    int roll = dice.below(1000);
    if (roll < 270) {
      add(Call.PUT, keyValues.put());
    } else if (roll < 500) {
      add(Call.RANGE, keyValues.range());
    } else if (roll < 570) {
      add(Call.DELETE_RANGE, keyValues.deleteRange());
    } else if (roll < 770) {
      add(Call.TXN, keyValues.txn());
    } else if (roll < 785) {
      add(Call.COMPACT, compaction());
    } else if (roll < 885) {
      addLeaseCall();
    } else if (roll < 965) {
      addWatchCall();
    } else {
      addOtherCall();
    }
  }

  private void add(Call call, Message request) {
    script.add(new Step(dice.below(LANES), call, request));
  }

  private Message compaction() {
    return CompactionRequest.newBuilder()
        .setRevision(dice.chance(8) ? dice.pick(List.of(0L, -1L, -5L)) : dice.revision())
        .setPhysical(dice.chance(30))
        .build();
  }

  private void addLeaseCall() {
    int roll = dice.below(100);
    if (roll < 35) {
      addGrant();
    } else if (roll < 50) {
      add(Call.LEASE_REVOKE, LeaseRevokeRequest.newBuilder().setID(lease()).build());
    } else if (roll < 65) {
      add(Call.LEASE_KEEP_ALIVE, LeaseKeepAliveRequest.newBuilder().setID(lease()).build());
    } else if (roll < 90) {
      add(
          Call.LEASE_TIME_TO_LIVE,
          LeaseTimeToLiveRequest.newBuilder().setID(lease()).setKeys(dice.chance(60)).build());
    } else {
      add(Call.LEASE_LEASES, LeaseLeasesRequest.getDefaultInstance());
    }
  }

  private void addGrant() {
    boolean chosen = dice.chance(25);
    long id = chosen ? 0 : dice.lease();
    boolean brief = dice.chance(6);
    long ttl = brief ? dice.pick(List.of(0L, 1L, -1L, 2L, 5L)) : LONG_TTL_SECONDS + dice.below(90);
    if (dice.chance(4)) {
      ttl = dice.pick(List.of(9_000_000_000L, 9_000_000_001L, Long.MAX_VALUE));
    } else if (chosen) {
      chosenLeases++;
    }
    add(Call.LEASE_GRANT, LeaseGrantRequest.newBuilder().setID(id).setTTL(ttl).build());
    if (brief && !chosen) {
      // Before it expires, which would happen at some moment of the script's.
      add(Call.LEASE_REVOKE, LeaseRevokeRequest.newBuilder().setID(id).build());
    } else if (brief) {
      long symbol = Symbols.CHOSEN_LEASE + chosenLeases - 1;
      add(Call.LEASE_REVOKE, LeaseRevokeRequest.newBuilder().setID(symbol).build());
    }
  }

  /** One that may have been granted. */
  private long lease() {
    if (chosenLeases > 0 && dice.chance(25)) {
      return Symbols.CHOSEN_LEASE + dice.below(chosenLeases);
    }
    return dice.chance(3) ? dice.pick(List.of(0L, -1L, 77L)) : dice.lease();
  }

  private void addWatchCall() {
    int roll = dice.below(100);
    int lane = dice.below(LANES);
    if (roll < 5) {
      script.add(new Step(lane, Call.WATCH_END, WatchRequest.getDefaultInstance()));
    } else {
      script.add(new Step(lane, Call.WATCH, watches.request()));
    }
  }

  private void addOtherCall() {
    switch (dice.below(13)) {
      case 0 -> add(Call.MEMBER_LIST, MemberListRequest.newBuilder().setLinearizable(true).build());
      case 1 ->
          add(
              Call.MEMBER_ADD,
              MemberAddRequest.newBuilder()
                  .addAllPeerURLs(dice.pick(BAD_URLS))
                  .setIsLearner(dice.chance(50))
                  .build());
      case 2 -> add(Call.MEMBER_REMOVE, MemberRemoveRequest.newBuilder().setID(77).build());
      case 3 ->
          add(
              Call.MEMBER_UPDATE,
              MemberUpdateRequest.newBuilder()
                  .setID(77)
                  .addAllPeerURLs(
                      dice.chance(50) ? List.of("http://127.0.0.1:9") : dice.pick(BAD_URLS))
                  .build());
      case 4 ->
          add(
              Call.MEMBER_PROMOTE,
              MemberPromoteRequest.newBuilder()
                  .setID(dice.chance(50) ? 77 : Symbols.OWN_MEMBER)
                  .build());
      case 5 -> add(Call.ALARM, AlarmRequest.newBuilder().setAlarmValue(dice.below(3)).build());
      case 6 -> addSpaceAlarm();
      case 7 -> add(Call.STATUS, StatusRequest.getDefaultInstance());
      case 8 -> add(Call.HASH, HashRequest.getDefaultInstance());
      case 9, 10 ->
          add(
              Call.HASH_KV,
              HashKVRequest.newBuilder()
                  .setRevision(dice.chance(40) ? 0 : dice.revision())
                  .build());
      case 11 ->
          add(
              Call.MOVE_LEADER,
              MoveLeaderRequest.newBuilder().setTargetID(dice.chance(50) ? 0 : 77).build());
      default -> addRarest();
    }
  }

  private static final List<List<String>> BAD_URLS =
      List.of(
          List.of(),
          List.of(""),
          List.of("127.0.0.1:9"),
          List.of("http://127.0.0.1"),
          List.of("ftp://127.0.0.1:9"),
          List.of("http://127.0.0.1:9/path"),
          List.of("://"));

  private void addRarest() {
    if (dice.chance(80)) {
      add(
          Call.AUTHENTICATE,
          AuthenticateRequest.newBuilder().setName(dice.chance(50) ? "" : "root").build());
    } else {
      add(Call.DEFRAGMENT, DefragmentRequest.getDefaultInstance());
    }
  }

  /** Raises the alarm that refuses writes, tries some calls under it, and takes it back. */
  private void addSpaceAlarm() {
    AlarmRequest.Builder alarm =
        AlarmRequest.newBuilder().setMemberID(Symbols.OWN_MEMBER).setAlarm(AlarmType.NOSPACE);
    add(Call.ALARM, alarm.setAction(AlarmRequest.AlarmAction.ACTIVATE).build());
    for (int i = dice.below(8); i > 0; i--) {
      switch (dice.below(5)) {
        case 0 -> add(Call.PUT, keyValues.put());
        case 1 -> add(Call.TXN, keyValues.txn());
        case 2 -> add(Call.DELETE_RANGE, keyValues.deleteRange());
        case 3 -> addGrant();
        default -> add(Call.RANGE, keyValues.range());
      }
    }
    add(Call.ALARM, alarm.setAction(AlarmRequest.AlarmAction.DEACTIVATE).build());
  }
}
