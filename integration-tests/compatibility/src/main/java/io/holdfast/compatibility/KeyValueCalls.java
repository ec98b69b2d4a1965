package io.holdfast.compatibility;

import io.holdfast.api.etcdserverpb.Compare;
import io.holdfast.api.etcdserverpb.DeleteRangeRequest;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.RequestOp;
import io.holdfast.api.etcdserverpb.TxnRequest;
import java.util.function.LongSupplier;

/** Random requests to the key space, with every option that there is. */
final class KeyValueCalls {
  private static final int DEPTH_MAX = 3;
  private static final int UNKNOWN = 9;

  /** Older etcds end on an unknown sort target. */
  private static final ApiLevel CHECKS_SORT_TARGETS = new ApiLevel(3, 5);

  private final Dice dice;
  private final LongSupplier leases;
  private final boolean unknownSortTargets;

  KeyValueCalls(Dice dice, LongSupplier leases, ApiLevel etcd) {
    this.dice = dice;
    this.leases = leases;
    this.unknownSortTargets = etcd.compareTo(CHECKS_SORT_TARGETS) >= 0;
  }

  PutRequest put() {
    PutRequest.Builder put = PutRequest.newBuilder().setKey(dice.key()).setPrevKv(dice.chance(30));
    boolean keepsValue = dice.chance(8);
    boolean keepsLease = dice.chance(8);
    put.setIgnoreValue(keepsValue).setIgnoreLease(keepsLease);
    if (!keepsValue || dice.chance(10)) {
      put.setValue(dice.below(400) == 0 ? dice.tooLargeValue() : dice.value());
    }
    if (keepsLease ? dice.chance(10) : dice.chance(25)) {
      put.setLease(leases.getAsLong());
    }
    return put.build();
  }

  DeleteRangeRequest deleteRange() {
    return DeleteRangeRequest.newBuilder()
        .setKey(dice.key())
        .setRangeEnd(dice.end())
        .setPrevKv(dice.chance(40))
        .build();
  }

  RangeRequest range() {
    RangeRequest.Builder range =
        RangeRequest.newBuilder()
            .setKey(dice.key())
            .setRangeEnd(dice.end())
            .setSerializable(dice.chance(20))
            .setKeysOnly(dice.chance(15))
            .setCountOnly(dice.chance(12));
    if (dice.chance(25)) {
      range.setLimit(dice.below(7) - 1);
    }
    if (dice.chance(30)) {
      range.setRevision(dice.revision());
    }
    if (dice.chance(30)) {
      range.setSortTargetValue(dice.below(5)).setSortOrderValue(dice.below(3));
    }
    if (unknownSortTargets && dice.below(200) == 0) {
      range.setSortTargetValue(UNKNOWN);
    } else if (dice.below(200) == 0) {
      range.setSortOrderValue(UNKNOWN);
    }
    if (dice.chance(20)) {
      bound(range);
    }
    return range.build();
  }

  private void bound(RangeRequest.Builder range) {
    if (dice.chance(40)) {
      range.setMinModRevision(dice.revision());
    }
    if (dice.chance(40)) {
      range.setMaxModRevision(dice.revision());
    }
    if (dice.chance(40)) {
      range.setMinCreateRevision(dice.revision());
    }
    if (dice.chance(40)) {
      range.setMaxCreateRevision(dice.revision());
    }
  }

  /** Random, but nothing that etcd would not survive. */
  TxnRequest txn() {
    TxnRequest txn = txn(1);
    while (endsEtcd(txn)) {
      txn = txn(1);
    }
    return txn;
  }

  /** A put that is to keep what a deletion without end in the same transaction may have taken. */
  private static boolean endsEtcd(TxnRequest txn) {
    return KnownDifferences.operations(txn).anyMatch(KnownDifferences::deletesWithoutEnd)
        && KnownDifferences.operations(txn)
            .map(RequestOp::getRequestPut)
            .anyMatch(put -> put.getIgnoreValue() || put.getIgnoreLease());
  }

  private TxnRequest txn(int depth) {
    TxnRequest.Builder txn = TxnRequest.newBuilder();
    boolean onlyReads = dice.chance(15);
    for (int i = length(); i > 0; i--) {
      txn.addCompare(compare());
    }
    for (int i = length(); i > 0; i--) {
      txn.addSuccess(operation(depth, onlyReads));
    }
    for (int i = length(); i > 0; i--) {
      txn.addFailure(operation(depth, onlyReads));
    }
    return txn.build();
  }

  /** Mostly short; now and then around the most that is allowed. */
  private int length() {
    return dice.below(120) == 0 ? Arena.TXN_OPERATIONS_MAX - 2 + dice.below(5) : dice.below(4);
  }

  private RequestOp operation(int depth, boolean onlyReads) {
    RequestOp.Builder operation = RequestOp.newBuilder();
    int roll = dice.below(1000);
    if (onlyReads || roll < 350) {
      operation.setRequestRange(range());
    } else if (roll < 700) {
      operation.setRequestPut(put());
    } else if (roll < 820 || depth == DEPTH_MAX) {
      operation.setRequestDeleteRange(deleteRange());
    } else if (roll < 995) {
      operation.setRequestTxn(txn(depth + 1));
    }
    return operation.build();
  }

  private Compare compare() {
    Compare.Builder compare =
        Compare.newBuilder()
            .setKey(dice.key())
            .setResultValue(dice.below(4))
            .setTargetValue(dice.below(5));
    if (dice.chance(25)) {
      compare.setRangeEnd(dice.end());
    }
    // Now and then an operand of another kind than the target, or none at all.
    switch (dice.chance(94) ? compare.getTargetValue() : dice.below(6)) {
      case Compare.CompareTarget.VERSION_VALUE -> compare.setVersion(dice.below(4));
      case Compare.CompareTarget.CREATE_VALUE -> compare.setCreateRevision(revision());
      case Compare.CompareTarget.MOD_VALUE -> compare.setModRevision(revision());
      case Compare.CompareTarget.VALUE_VALUE -> compare.setValue(dice.value());
      case Compare.CompareTarget.LEASE_VALUE ->
          compare.setLease(dice.chance(40) ? 0 : leases.getAsLong());
      default -> compare.clearTargetUnion();
    }
    if (dice.below(400) == 0) {
      compare.setResultValue(UNKNOWN);
    } else if (dice.below(400) == 0) {
      compare.setTargetValue(UNKNOWN);
    }
    return compare.build();
  }

  private long revision() {
    return dice.chance(20) ? 0 : dice.revision();
  }
}
