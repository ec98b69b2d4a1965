package io.holdfast.server.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.disk.RealDisk;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.node.TransportListener;
import io.holdfast.server.raft.message.ForwardPropose;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.snapshot.SnapshotFiles;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Proposals for a peer whose process comes and goes, between two real transports on loopback. */
class UnsentProposalsTest {
  private static final long CLUSTER = 0xc2;
  private static final long FOLLOWER = 1;
  private static final long LEADER = 2;
  private static final Membership BOTH =
      Membership.founding(
          List.of(
              MemberRecord.added(FOLLOWER, List.of("http://127.0.0.1:26623"), false),
              MemberRecord.added(LEADER, List.of("http://127.0.0.1:26624"), false)));

  @TempDir Path directory;

  @Test
  void comeBackUnlessTheyMayHaveLeft() throws Exception {
    try (End follower = new End(FOLLOWER)) {
      Set<Long> sent = new TreeSet<>();
      Set<Long> received = new TreeSet<>();
      long sequence = 0;
      for (int round = 0; round < 3; round++) {
        boolean fresh = round == 0;
        await(() -> fresh || follower.cuts.get() > 0, "the end of the peer was not noticed");
        for (int i = 0; i < 20; i++) {
          follower.send(++sequence);
          sent.add(sequence);
        }
        await(() -> follower.returned.containsAll(sent), "nobody listens, yet it was kept");
        try (End leader = new End(LEADER)) {
          long first = sequence + 1;
          while (leader.received.isEmpty()) {
            follower.send(++sequence);
            TimeUnit.MILLISECONDS.sleep(5);
          }
          long last = sequence;
          await(() -> settled(first, last, follower, leader), "neither taken nor given back");
          received.addAll(leader.received);
          follower.cuts.set(0);
        }
        sent.clear();
        assertEquals(0, follower.twice.size(), () -> "given back twice: " + follower.twice);
      }
      received.retainAll(follower.returned);
      assertEquals(Set.of(), received, "given back although the peer had it");
      assertFalse(follower.returned.isEmpty());
    }
  }

  private static boolean settled(long first, long last, End follower, End leader) {
    for (long sequence = first; sequence <= last; sequence++) {
      if (!follower.returned.contains(sequence) && !leader.received.contains(sequence)) {
        return false;
      }
    }
    return true;
  }

  private static void await(BooleanSupplier condition, String otherwise)
      throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, otherwise);
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  private final class End implements TransportListener, AutoCloseable {
    private final long id;
    private final PeerTransport transport;
    private final Set<Long> received = new ConcurrentSkipListSet<>();
    private final Set<Long> returned = new ConcurrentSkipListSet<>();
    private final Set<Long> twice = new ConcurrentSkipListSet<>();

    /** Connections that ended since the last proposal was taken by the peer. */
    private final AtomicInteger cuts = new AtomicInteger();

    End(long id) throws IOException {
      this.id = id;
      transport =
          new PeerTransport(
              PeerTransportConfig.plaintext(
                  CLUSTER,
                  id,
                  List.of(new InetSocketAddress("127.0.0.1", 26_622 + (int) id)),
                  BOTH.members().get(id).peerUrls()),
              SnapshotFiles.open(new RealDisk(), directory.resolve("snap" + id), CLUSTER),
              new Bystander(BOTH));
      transport.follow(BOTH);
      transport.start(this);
      transport.listen();
    }

    void send(long sequence) {
      transport.send(
          new ForwardPropose(id, LEADER, 5, 1, sequence, List.of(new byte[] {(byte) sequence})));
    }

    @Override
    public void receive(Message message) {
      received.add(((ForwardPropose) message).sequence());
    }

    @Override
    public void notSent(ForwardPropose message) {
      if (!returned.add(message.sequence())) {
        twice.add(message.sequence());
      }
    }

    @Override
    public CompletionStage<Void> receiveSnapshot(
        InstallSnapshot message, ReceivedSnapshot snapshot) {
      return CompletableFuture.failedStage(new AssertionError("no snapshot was sent"));
    }

    @Override
    public void fail(Throwable cause) {
      throw new AssertionError(cause);
    }

    @Override
    public void unreachable(long peerId) {
      cuts.incrementAndGet();
    }

    @Override
    public void gone(long peerId) {
      // Expected while the other end is away.
    }

    @Override
    public void snapshotReported(long peerId, boolean delivered) {
      throw new AssertionError("no snapshot was sent");
    }

    @Override
    public void close() {
      transport.close();
    }
  }
}
