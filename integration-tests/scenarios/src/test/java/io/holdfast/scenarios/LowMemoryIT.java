package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.okhttp.OkHttpChannelBuilder;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.RangeResponse;
import io.holdfast.api.etcdserverpb.WatchCreateRequest;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.api.etcdserverpb.WatchResponse;
import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * A member with a heap of 512 MiB and a store several times as large: reads of everything at once,
 * and a thousand watchers that never read what they are sent, do not bring it down, and other
 * clients are served meanwhile. {@code -Dholdfast.store.mebibytes=2000} fills the whole quota.
 */
@Isolated("it needs the disk for itself")
class LowMemoryIT {
  private static final int STORE_MEBIBYTES = Integer.getInteger("holdfast.store.mebibytes", 700);
  private static final int VALUE_BYTES = 500_000;
  private static final int CONNECTIONS = 10;
  private static final int WATCHERS_PER_CONNECTION = 100;
  private static final int FULL_READS = 4;
  private static final int PUTS_UNDER_PRESSURE = 60;
  private static final ByteString ZERO = ByteString.copyFrom(new byte[1]);

  @TempDir Path directory;

  @Test
  void staysUpAndServesOthers() {
    try (Cluster cluster = Cluster.start(Flavor.HOLDFAST, 1, directory)) {
      MemberProcess member = cluster.member(0);
      List<ManagedChannel> channels = new ArrayList<>();
      try {
        ManagedChannel channel = connect(member, channels);
        KVGrpc.KVBlockingStub kv =
            KVGrpc.newBlockingStub(channel).withMaxInboundMessageSize(1 << 30);
        int keys = fill(kv);
        stallWatchers(member, channels);
        for (int i = 0; i < PUTS_UNDER_PRESSURE; i++) {
          put(kv, i);
          if (i % (PUTS_UNDER_PRESSURE / FULL_READS) == 0) {
            refuseFullRead(kv);
          }
        }
        assertEquals(keys, readInPages(kv));
        assertTrue(member.isAlive(), member.log());
      } catch (RuntimeException | Error e) {
        throw new AssertionError(e.getMessage() + "\n" + cluster.logTails(), e);
      } finally {
        channels.forEach(ManagedChannel::shutdownNow);
      }
    }
  }

  private static int fill(KVGrpc.KVBlockingStub kv) {
    int keys = (int) (STORE_MEBIBYTES * (1L << 20) / VALUE_BYTES);
    for (int i = 0; i < keys; i++) {
      put(kv, i);
    }
    return keys;
  }

  private static void put(KVGrpc.KVBlockingStub kv, int number) {
    byte[] value = new byte[VALUE_BYTES];
    new Random(number).nextBytes(value);
    kv.withDeadlineAfter(30, TimeUnit.SECONDS)
        .put(
            PutRequest.newBuilder()
                .setKey(key(number))
                .setValue(ByteString.copyFrom(value))
                .build());
  }

  private static void refuseFullRead(KVGrpc.KVBlockingStub kv) {
    RangeRequest all = RangeRequest.newBuilder().setKey(ZERO).setRangeEnd(ZERO).build();
    StatusRuntimeException refused =
        assertThrows(
            StatusRuntimeException.class,
            () -> kv.withDeadlineAfter(60, TimeUnit.SECONDS).range(all));
    assertEquals(Status.Code.RESOURCE_EXHAUSTED, refused.getStatus().getCode(), refused.toString());
    assertTrue(refused.getMessage().contains("ask with a limit"), refused.getMessage());
  }

  private static int readInPages(KVGrpc.KVBlockingStub kv) {
    ByteString from = ZERO;
    int count = 0;
    RangeResponse page;
    do {
      page =
          kv.withDeadlineAfter(60, TimeUnit.SECONDS)
              .range(RangeRequest.newBuilder().setKey(from).setRangeEnd(ZERO).setLimit(20).build());
      count += page.getKvsCount();
      from = page.getKvs(page.getKvsCount() - 1).getKey().concat(ZERO);
    } while (page.getMore());
    return count;
  }

  /** Watchers of everything whose clients ask for no message, ever. */
  private static void stallWatchers(MemberProcess member, List<ManagedChannel> channels) {
    WatchRequest watchAll =
        WatchRequest.newBuilder()
            .setCreateRequest(
                WatchCreateRequest.newBuilder().setKey(ZERO).setRangeEnd(ZERO).setPrevKv(true))
            .build();
    for (int connection = 0; connection < CONNECTIONS; connection++) {
      ManagedChannel channel = connect(member, channels);
      for (int i = 0; i < WATCHERS_PER_CONNECTION; i++) {
        ClientCall<WatchRequest, WatchResponse> call =
            channel.newCall(WatchGrpc.getWatchMethod(), CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {}, new Metadata());
        call.sendMessage(watchAll);
      }
    }
  }

  private static ManagedChannel connect(MemberProcess member, List<ManagedChannel> channels) {
    ManagedChannel channel =
        OkHttpChannelBuilder.forTarget(member.endpoint())
            .usePlaintext()
            .flowControlWindow(65_535)
            .build();
    channels.add(channel);
    return channel;
  }

  private static ByteString key(int number) {
    return ByteString.copyFromUtf8(String.format("key%06d", number));
  }
}
