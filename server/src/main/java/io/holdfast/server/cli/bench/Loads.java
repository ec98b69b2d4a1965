package io.holdfast.server.cli.bench;

import com.google.protobuf.ByteString;
import io.holdfast.api.etcdserverpb.Compare;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.RequestOp;
import io.holdfast.api.etcdserverpb.TxnRequest;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Consumer;

/** The loads of {@code holdfast bench}, made from keys and values of given sizes. */
final class Loads {
  private static final int FILL_CLIENTS_MIN = 64;

  private final ByteString[] keys;
  private final ByteString value;
  private final int clients;

  /**
   * @param keySpace how many different keys there are
   * @param keyBytes length of a key; numbers are padded with zeros to it
   */
  Loads(String prefix, int keySpace, int keyBytes, int valueBytes, int clients) {
    int digits = Math.max(1, keyBytes - prefix.length());
    if (String.valueOf(keySpace - 1).length() > digits) {
      throw new BenchFailure(
          "--key-size "
              + keyBytes
              + " is too short for "
              + keySpace
              + " keys under '"
              + prefix
              + "': raise it or lower --key-space");
    }
    this.keys = new ByteString[keySpace];
    for (int i = 0; i < keySpace; i++) {
      keys[i] = ByteString.copyFromUtf8(prefix + ("%0" + digits + "d").formatted(i));
    }
    byte[] bytes = new byte[valueBytes];
    new Random(1).nextBytes(bytes);
    this.value = ByteString.copyFrom(bytes);
    this.clients = clients;
  }

  Workload put() {
    return put(clients, target -> {});
  }

  private Workload put(int clients, Consumer<Target> preparation) {
    return new UnaryWorkload<>(
        KVGrpc.getPutMethod(),
        clients,
        preparation,
        random ->
            PutRequest.newBuilder().setKey(keys[random % keys.length]).setValue(value).build());
  }

  Workload get(boolean serializable) {
    return new UnaryWorkload<>(
        KVGrpc.getRangeMethod(),
        clients,
        this::fill,
        random ->
            RangeRequest.newBuilder()
                .setKey(keys[random % keys.length])
                .setSerializable(serializable)
                .build());
  }

  /**
   * @param size how many neighbouring keys one answer holds
   */
  Workload range(int size, boolean serializable) {
    if (size > keys.length) {
      throw new BenchFailure("--range-size " + size + " is larger than --key-space " + keys.length);
    }
    return new UnaryWorkload<>(
        KVGrpc.getRangeMethod(),
        clients,
        this::fill,
        random -> {
          int first = random % (keys.length - size + 1);
          ByteString end =
              first + size < keys.length
                  ? keys[first + size]
                  : keys[keys.length - 1].concat(ByteString.copyFrom(new byte[1]));
          return RangeRequest.newBuilder()
              .setKey(keys[first])
              .setRangeEnd(end)
              .setSerializable(serializable)
              .build();
        });
  }

  /** A compare that holds, and two puts: the shape of an optimistic update. */
  Workload txn() {
    return new UnaryWorkload<>(
        KVGrpc.getTxnMethod(),
        clients,
        this::fill,
        random -> {
          ByteString key = keys[random % keys.length];
          ByteString other = keys[(random + 1) % keys.length];
          return TxnRequest.newBuilder()
              .addCompare(
                  Compare.newBuilder()
                      .setTarget(Compare.CompareTarget.CREATE)
                      .setResult(Compare.CompareResult.GREATER)
                      .setKey(key)
                      .setCreateRevision(0))
              .addSuccess(putOperation(key))
              .addSuccess(putOperation(other))
              .build();
        });
  }

  private RequestOp putOperation(ByteString key) {
    return RequestOp.newBuilder()
        .setRequestPut(PutRequest.newBuilder().setKey(key).setValue(value))
        .build();
  }

  /**
   * @param ownKeys whether every watcher has a key of its own, instead of all the same
   */
  Workload watch(int watchers, int streams, boolean ownKeys) {
    if (ownKeys && watchers > keys.length) {
      throw new BenchFailure(
          "--watchers " + watchers + " need as many keys: raise --key-space " + keys.length);
    }
    ByteString[] watched = Arrays.copyOf(keys, ownKeys ? watchers : 1);
    return new WatchWorkload(watched, watchers, streams, clients, value.size());
  }

  /** Writes every key once, so that reads find something. */
  void fill(Target target) {
    int[] next = {0};
    Workload everyKey =
        new UnaryWorkload<>(
            KVGrpc.getPutMethod(),
            Math.max(clients, FILL_CLIENTS_MIN),
            ignored -> {},
            random -> {
              int index;
              synchronized (next) {
                index = next[0]++ % keys.length;
              }
              return PutRequest.newBuilder().setKey(keys[index]).setValue(value).build();
            });
    Tally tally = new Tally();
    everyKey.run(target, Limit.operations(keys.length), tally).toCompletableFuture().join();
    if (tally.failures() > 0) {
      throw new BenchFailure(
          "cannot write the keys to read from " + target.name() + ": " + tally.failureReasons());
    }
  }
}
