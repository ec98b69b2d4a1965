package io.holdfast.server.apply.codec;

import io.holdfast.server.alarm.Alarm;
import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.apply.Command;
import io.holdfast.server.apply.Compare;
import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Operation;
import io.holdfast.server.lease.LeaseCheckpoint;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.RangeQuery;
import io.holdfast.server.mvcc.SortOrder;
import io.holdfast.server.mvcc.SortTarget;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;

/** Random commands, and a description of commands that shows every byte. */
final class Commands {
  private final Random random;

  Commands(long seed) {
    this.random = new Random(seed);
  }

  Command command() {
    return switch (random.nextInt(16)) {
      case 0 -> put();
      case 1 -> deleteRange();
      case 2 -> txn(3);
      case 3 -> new Command.Compact(random.nextLong(), random.nextBoolean());
      case 4 -> new Command.LeaseGrant(random.nextLong(), random.nextLong());
      case 5 -> new Command.LeaseRevoke(random.nextLong());
      case 6 ->
          new Command.LeaseCheckpoints(
              list(5, () -> new LeaseCheckpoint(random.nextLong(), random.nextLong())));
      case 7 ->
          new Command.SetAlarm(
              new Alarm(
                  AlarmType.values()[random.nextInt(AlarmType.values().length)], random.nextLong()),
              random.nextBoolean());
      case 8 -> new Command.MemberAdd(random.nextLong(), list(3, this::text), random.nextBoolean());
      case 9 -> new Command.MemberRemove(random.nextLong());
      case 10 -> new Command.MemberUpdate(random.nextLong(), list(3, this::text));
      case 11 -> new Command.MemberPromote(random.nextLong());
      case 13 -> new Command.MemberJoined(random.nextLong());
      case 14 ->
          new Command.SetDowngrade(random.nextBoolean() ? Optional.of(text()) : Optional.empty());
      case 12 -> new Command.Founding(list(3, this::founder));
      default -> new Command.MemberAttributes(random.nextLong(), text(), list(3, this::text));
    };
  }

  private MemberRecord founder() {
    List<String> peerUrls = List.of("http://" + text() + ":1", "http://" + text() + ":2");
    return new MemberRecord(1 + random.nextInt(1000), text(), peerUrls, List.of(), false);
  }

  private Command.Put put() {
    return new Command.Put(
        Key.of(bytes(40)),
        bytes(300),
        random.nextLong(),
        random.nextBoolean(),
        random.nextBoolean(),
        random.nextBoolean());
  }

  private Command.DeleteRange deleteRange() {
    return new Command.DeleteRange(range(), random.nextBoolean());
  }

  private Command.Txn txn(int depth) {
    return new Command.Txn(
        list(4, this::compare), list(4, () -> operation(depth)), list(4, () -> operation(depth)));
  }

  private Operation operation(int depth) {
    return switch (random.nextInt(depth == 0 ? 3 : 4)) {
      case 0 -> put();
      case 1 -> deleteRange();
      case 2 -> rangeOperation();
      default -> txn(depth - 1);
    };
  }

  private Operation.Range rangeOperation() {
    RangeQuery query =
        new RangeQuery(
            range(),
            random.nextLong(),
            random.nextLong(),
            SortOrder.values()[random.nextInt(3)],
            SortTarget.values()[random.nextInt(5)],
            random.nextBoolean(),
            random.nextBoolean(),
            random.nextLong(),
            random.nextLong(),
            random.nextLong(),
            random.nextLong());
    return new Operation.Range(query, random.nextBoolean());
  }

  private Compare compare() {
    Compare.Target target = Compare.Target.values()[random.nextInt(5)];
    Compare.Relation relation = Compare.Relation.values()[random.nextInt(4)];
    return target == Compare.Target.VALUE
        ? Compare.value(range(), relation, bytes(20))
        : Compare.number(range(), target, relation, random.nextLong());
  }

  private KeyRange range() {
    byte[] key = bytes(10);
    return switch (random.nextInt(4)) {
      case 0 -> KeyRange.single(key);
      case 1 -> KeyRange.prefix(key);
      case 2 -> KeyRange.fromKey(key);
      default -> KeyRange.of(key, new byte[] {(byte) random.nextInt(1, 256)});
    };
  }

  private byte[] bytes(int lengthMax) {
    byte[] bytes = new byte[random.nextInt(lengthMax + 1)];
    random.nextBytes(bytes);
    return bytes;
  }

  private String text() {
    return "név-" + random.nextInt(1000);
  }

  private <T> List<T> list(int sizeMax, Supplier<T> element) {
    List<T> list = new ArrayList<>();
    for (int i = random.nextInt(sizeMax + 1); i > 0; i--) {
      list.add(element.get());
    }
    return list;
  }

  /** All that a command says. Two commands are equal exactly when their descriptions are. */
  static String describe(Command command) {
    return command instanceof Operation operation ? describe(operation) : command.toString();
  }

  private static String describe(Operation operation) {
    if (operation instanceof Command.Put put) {
      return "put "
          + hex(put.key().bytes())
          + " "
          + hex(put.value())
          + " "
          + List.of(put.leaseId(), put.previousWanted(), put.ignoreValue(), put.ignoreLease());
    } else if (operation instanceof Command.DeleteRange delete) {
      return "delete " + describe(delete.range()) + " " + delete.previousWanted();
    } else if (operation instanceof Operation.Range range) {
      RangeQuery query = range.query();
      return "range "
          + describe(query.range())
          + List.of(range.serializable(), query.revision(), query.limit(), query.order())
          + List.of(query.target(), query.keysOnly(), query.countOnly())
          + List.of(query.minModRevision(), query.maxModRevision())
          + List.of(query.minCreateRevision(), query.maxCreateRevision());
    }
    Command.Txn txn = (Command.Txn) operation;
    return "txn "
        + txn.compares().stream().map(Commands::describe).toList()
        + txn.success().stream().map(Commands::describe).toList()
        + txn.failure().stream().map(Commands::describe).toList();
  }

  private static String describe(Compare compare) {
    return describe(compare.range())
        + List.of(compare.target(), compare.relation(), compare.number(), hex(compare.value()));
  }

  private static String describe(KeyRange range) {
    String end = range.isSingle() ? "single" : range.isOpenEnded() ? "open" : hex(range.end());
    return hex(range.start()) + ".." + end;
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
