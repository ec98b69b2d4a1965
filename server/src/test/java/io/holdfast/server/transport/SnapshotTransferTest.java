package io.holdfast.server.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.disk.RealDisk;
import io.holdfast.server.node.HeldPrefix;
import io.holdfast.server.node.IncomingSnapshot;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.node.SnapshotRecordConsumer;
import io.holdfast.server.node.SnapshotStore;
import io.holdfast.server.node.TransportListener;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.message.ForwardPropose;
import io.holdfast.server.raft.message.Heartbeat;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.snapshot.SnapshotFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots between two real transports on loopback, which end and come back half way. */
class SnapshotTransferTest {
  private static final long CLUSTER = 0xc1;
  private static final long SENDER = 1;
  private static final long RECEIVER = 2;
  private static final int RECORDS = 300;
  private static final int RECORD_BYTES = 100_000;
  private static final ConfState CONF = ConfState.ofVoters(List.of(SENDER, RECEIVER));

  @TempDir Path directory;

  /**
   * A state whose records are always the same; a later moment has more of them.
   *
   * @param breaksAt the record before which reading fails
   */
  private record Content(SnapshotMetadata metadata, int count, int breaksAt)
      implements SnapshotContent {
    @Override
    public void forEach(SnapshotRecordConsumer consumer) throws IOException {
      byte[] value = new byte[RECORD_BYTES];
      for (int i = 0; i < count; i++) {
        if (i == breaksAt) {
          throw new IOException("the sender was interrupted");
        }
        new Random(i).nextBytes(value);
        consumer.accept(1, ("key" + i).getBytes(), value);
      }
    }

    @Override
    public void close() {
      // Nothing is pinned.
    }
  }

  /** Remembers where transfers went on and how much was written. */
  private static final class CountingStore implements SnapshotStore {
    private final SnapshotFiles files;
    private final AtomicLong resumedAt = new AtomicLong(-1);
    private final AtomicLong written = new AtomicLong();

    CountingStore(Path directory) throws IOException {
      files = SnapshotFiles.open(new RealDisk(), directory, CLUSTER);
      files.removeLeftovers();
    }

    @Override
    public void encode(SnapshotContent content, OutputStream out) throws IOException {
      files.encode(content, out);
    }

    @Override
    public IncomingSnapshot receive(SnapshotMetadata metadata) throws IOException {
      IncomingSnapshot incoming = files.receive(metadata);
      return new IncomingSnapshot() {
        @Override
        public List<HeldPrefix> held() throws IOException {
          return incoming.held();
        }

        @Override
        public void resumeAt(long bytes) throws IOException {
          resumedAt.set(bytes);
          incoming.resumeAt(bytes);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
          incoming.write(bytes, offset, length);
          written.addAndGet(length);
        }

        @Override
        public ReceivedSnapshot complete() throws IOException {
          return incoming.complete();
        }

        @Override
        public void suspend() {
          incoming.suspend();
        }

        @Override
        public void abort() {
          incoming.abort();
        }
      };
    }

    @Override
    public boolean discardPart() throws IOException {
      return files.discardPart();
    }

    @Override
    public void removeLeftovers() throws IOException {
      files.removeLeftovers();
    }
  }

  /** One end. */
  private final class End implements TransportListener, AutoCloseable {
    private final CountingStore store;
    private final PeerTransport transport;
    private final BlockingQueue<Boolean> reports = new LinkedBlockingQueue<>();
    private final BlockingQueue<ReceivedSnapshot> arrived = new LinkedBlockingQueue<>();
    private final AtomicInteger failures = new AtomicInteger();
    private CompletableFuture<Void> installation = CompletableFuture.completedFuture(null);

    End(long id, long bytesPerSecond) throws IOException {
      store = new CountingStore(directory.resolve("snap" + id));
      Membership both =
          Membership.founding(
              List.of(
                  MemberRecord.added(SENDER, List.of("http://127.0.0.1:26621"), false),
                  MemberRecord.added(RECEIVER, List.of("http://127.0.0.1:26622"), false)));
      transport =
          new PeerTransport(
              PeerTransportConfig.plaintext(
                      CLUSTER,
                      id,
                      List.of(new InetSocketAddress("127.0.0.1", 26_620 + (int) id)),
                      both.members().get(id).peerUrls())
                  .withSnapshotBytesPerSecond(bytesPerSecond),
              store,
              new Bystander(both));
      transport.follow(both);
      transport.start(this);
      transport.listen();
    }

    /** Sends until it is accepted that there is a connection; returns how the transfer ended. */
    boolean send(Content content) throws InterruptedException {
      InstallSnapshot message = new InstallSnapshot(SENDER, RECEIVER, 5, content.metadata());
      transport.sendSnapshot(message, content);
      Boolean delivered = reports.poll(60, TimeUnit.SECONDS);
      assertTrue(delivered != null, "nothing was reported");
      return delivered;
    }

    void awaitConnection(long peer) throws InterruptedException {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (!transport.connectedSince(peer, System.nanoTime())) {
        assertTrue(System.nanoTime() < end, "no connection");
        transport.send(new Heartbeat(SENDER, peer, 5, 0, 0));
        TimeUnit.MILLISECONDS.sleep(5);
      }
    }

    @Override
    public void receive(Message message) {
      // Heartbeats, so that there is some traffic.
    }

    @Override
    public CompletionStage<Void> receiveSnapshot(
        InstallSnapshot message, ReceivedSnapshot snapshot) {
      arrived.add(snapshot);
      return installation;
    }

    @Override
    public void fail(Throwable cause) {
      failures.incrementAndGet();
    }

    @Override
    public void unreachable(long peerId) {
      // Expected when the other end goes away.
    }

    @Override
    public void notSent(ForwardPropose message) {
      throw new AssertionError("nothing was proposed");
    }

    @Override
    public void gone(long peerId) {
      // As above.
    }

    @Override
    public void snapshotReported(long peerId, boolean delivered) {
      reports.add(delivered);
    }

    @Override
    public void close() {
      transport.close();
      assertEquals(0, failures.get());
    }
  }

  @Test
  void goesOnWhereASenderWasInterruptedThoughAnotherStateIsSent() throws Exception {
    try (End receiver = new End(RECEIVER, 1 << 30)) {
      try (End sender = new End(SENDER, 1 << 30)) {
        sender.awaitConnection(RECEIVER);
        assertFalse(sender.send(new Content(at(100), RECORDS, RECORDS / 2)));
      }
      assertEquals(0, receiver.store.resumedAt.get());
      long before = receiver.store.written.get();
      // The sender's process is another one now, and its state has moved on.
      try (End sender = new End(SENDER, 1 << 30)) {
        sender.awaitConnection(RECEIVER);
        assertTrue(sender.send(new Content(at(200), RECORDS + 5, -1)));
      }
      long resumedAt = receiver.store.resumedAt.get();
      assertTrue(
          resumedAt > before / 2 && resumedAt <= before,
          "went on at " + resumedAt + " of " + before);
      assertHolds(receiver, 200, RECORDS + 5);
    }
  }

  @Test
  void goesOnWhereAReceiverWasInterrupted() throws Exception {
    try (End sender = new End(SENDER, 20 << 20)) {
      long written;
      try (End receiver = new End(RECEIVER, 1 << 30)) {
        sender.awaitConnection(RECEIVER);
        sender.transport.sendSnapshot(
            new InstallSnapshot(SENDER, RECEIVER, 5, at(100)), new Content(at(100), RECORDS, -1));
        while (receiver.store.written.get() < 12 << 20) {
          TimeUnit.MILLISECONDS.sleep(2);
        }
        written = receiver.store.written.get();
      }
      assertEquals(false, sender.reports.poll(60, TimeUnit.SECONDS));
      try (End receiver = new End(RECEIVER, 1 << 30)) {
        sender.awaitConnection(RECEIVER);
        while (!sender.send(new Content(at(100), RECORDS, -1))) {
          TimeUnit.MILLISECONDS.sleep(50);
        }
        assertTrue(
            receiver.store.resumedAt.get() >= written / 2,
            "went on at " + receiver.store.resumedAt + " of " + written);
        assertHolds(receiver, 100, RECORDS);
      }
    }
  }

  @Test
  void theSenderHearsOfSuccessOnlyAfterTheInstallation() throws Exception {
    try (End receiver = new End(RECEIVER, 1 << 30);
        End sender = new End(SENDER, 1 << 30)) {
      receiver.installation = new CompletableFuture<>();
      sender.awaitConnection(RECEIVER);
      sender.transport.sendSnapshot(
          new InstallSnapshot(SENDER, RECEIVER, 5, at(100)), new Content(at(100), 3, -1));
      assertTrue(receiver.arrived.poll(30, TimeUnit.SECONDS) != null);
      assertEquals(null, sender.reports.poll(50, TimeUnit.MILLISECONDS));
      receiver.installation.complete(null);
      assertEquals(true, sender.reports.poll(30, TimeUnit.SECONDS));
    }
  }

  private void assertHolds(End receiver, long index, int count) throws Exception {
    ReceivedSnapshot snapshot = receiver.arrived.poll(30, TimeUnit.SECONDS);
    assertEquals(index, snapshot.metadata().index());
    int[] found = {0};
    byte[] expected = new byte[RECORD_BYTES];
    snapshot.forEach(
        (kind, key, value) -> {
          new Random(found[0]).nextBytes(expected);
          assertEquals("key" + found[0], new String(key));
          assertTrue(Arrays.equals(expected, value));
          found[0]++;
        });
    assertEquals(count, found[0]);
  }

  private static SnapshotMetadata at(long index) {
    return new SnapshotMetadata(index, 4, CONF);
  }
}
