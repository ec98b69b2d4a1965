package io.holdfast.server.simulation;

import io.holdfast.server.apply.Membership;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.node.HeldPrefix;
import io.holdfast.server.node.IncomingSnapshot;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.node.SnapshotStore;
import io.holdfast.server.node.TransportListener;
import io.holdfast.server.raft.message.ForwardPropose;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.transport.LeaseAuthority;
import io.holdfast.server.transport.LocalMember;
import io.holdfast.server.transport.MembershipAuthority;
import io.holdfast.server.transport.Peers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;

/** A process's way to the other members over the simulated network. */
final class ProcessPeers implements Peers {
  private static final long CALL_NANOS_MAX = 3 * Timeline.SECOND;
  private static final long TRANSFER_NANOS_MAX = 30 * Timeline.SECOND;
  private static final int PART_BYTES = 4_096;

  private final Process process;
  private final Network network;
  private final SnapshotStore snapshots;
  private final LocalMember member;
  private final Function<String, Machine> machineAt;

  /**
   * @param machineAt the machine that a peer URL leads to
   */
  ProcessPeers(
      Process process,
      Network network,
      SnapshotStore snapshots,
      LocalMember member,
      Function<String, Machine> machineAt) {
    this.process = process;
    this.network = network;
    this.snapshots = snapshots;
    this.member = member;
    this.machineAt = machineAt;
  }

  @Override
  public void start(TransportListener node) {
    process.listen(this, node, member);
  }

  @Override
  public void listen() {
    // A simulated machine can always be reached.
  }

  @Override
  public void follow(Membership membership) {
    membership.members().values().forEach(one -> expect(one.memberId(), one.peerUrls()));
  }

  @Override
  public void expect(long memberId, List<String> peerUrls) {
    network.register(memberId, machineAt.apply(peerUrls.get(0)));
  }

  @Override
  public void send(Message message) {
    if (!process.isAlive()) {
      return;
    }
    Machine to = network.machine(message.to());
    if (message instanceof ForwardPropose forwarded && to.process().isEmpty()) {
      tell(node -> node.notSent(forwarded));
      return;
    }
    process
        .machine()
        .timeline()
        .trace(message.getClass().getSimpleName(), message.from() ^ message.to(), message.term());
    boolean sent =
        network.deliver(
            process.machine(),
            to,
            true,
            () -> to.process().ifPresent(target -> target.receive(node -> node.receive(message))));
    if (!sent && process.machine().random().nextInt(10) == 0) {
      tell(node -> node.unreachable(message.to()));
    } else if (to.process().isEmpty()) {
      tell(node -> node.gone(message.to()));
    }
  }

  private void tell(Consumer<TransportListener> news) {
    process.later(network.delay(), () -> process.listener().ifPresent(news));
  }

  @Override
  public void sendSnapshot(InstallSnapshot message, SnapshotContent content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (content) {
      snapshots.encode(content, bytes);
    } catch (IOException e) {
      throw new IllegalStateException("a pinned state can be read", e);
    }
    Transfer transfer = new Transfer(message, bytes.toByteArray());
    process.machine().timeline().trace("snapshot", message.to(), transfer.stream.length);
    process.later(TRANSFER_NANOS_MAX, () -> transfer.report(false));
    network.deliver(process.machine(), transfer.to, false, transfer::arrive);
  }

  /** One attempt to bring a snapshot to a peer, perhaps cut short. */
  private final class Transfer {
    private final InstallSnapshot message;
    private final byte[] stream;
    private final Machine to;
    private final int arriving;
    private boolean reported;

    Transfer(InstallSnapshot message, byte[] stream) {
      SplittableRandom random = process.machine().random();
      this.message = message;
      this.stream = stream;
      to = network.machine(message.to());
      arriving = random.nextInt(4) == 0 ? random.nextInt(stream.length) : stream.length;
    }

    void arrive() {
      to.process().ifPresent(target -> target.receive(this::receive));
    }

    private void receive(ProcessPeers receiver, TransportListener node) {
      try {
        CompletionStage<Void> installed = receiver.take(message, stream, arriving, node);
        installed.whenComplete(
            (done, failure) ->
                network.deliver(
                    to,
                    process.machine(),
                    false,
                    () -> process.run(() -> report(failure == null))));
      } catch (IOException e) {
        process.machine().timeline().trace("snapshot refused", message.to(), 0);
        network.deliver(to, process.machine(), false, () -> process.run(() -> report(false)));
      }
    }

    private void report(boolean delivered) {
      if (!reported) {
        reported = true;
        process.listener().ifPresent(node -> node.snapshotReported(message.to(), delivered));
      }
    }
  }

  /** Takes a snapshot, or a part of one, as the transport does; goes on where one broke off. */
  private CompletionStage<Void> take(
      InstallSnapshot message, byte[] stream, int arriving, TransportListener node)
      throws IOException {
    IncomingSnapshot incoming = snapshots.receive(message.snapshot());
    int at = heldOf(stream, incoming.held());
    incoming.resumeAt(at);
    for (; at < arriving; at += PART_BYTES) {
      incoming.write(stream, at, Math.min(PART_BYTES, arriving - at));
    }
    if (arriving < stream.length) {
      incoming.suspend();
      throw new IOException("the transfer broke off");
    }
    return node.receiveSnapshot(message, incoming.complete());
  }

  private static int heldOf(byte[] stream, List<HeldPrefix> held) {
    int longest = 0;
    for (HeldPrefix prefix : held) {
      int bytes = (int) Math.min(prefix.bytes(), stream.length);
      if (bytes == prefix.bytes() && Arrays.equals(sha256(stream, bytes), prefix.sha256())) {
        longest = bytes;
      }
    }
    return longest;
  }

  private static byte[] sha256(byte[] stream, int bytes) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(stream, 0, bytes);
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has it", e);
    }
  }

  @Override
  public LeaseAuthority leaseAuthority(long leaderId) {
    Machine leader = network.machine(leaderId);
    return new LeaseAuthority() {
      @Override
      public CompletionStage<Long> keepAlive(long leaseId) {
        return call(leader, asked -> asked.leases().keepAlive(leaseId));
      }

      @Override
      public CompletionStage<Optional<LeaseTimes>> timeToLive(long leaseId, boolean keysWanted) {
        return call(leader, asked -> asked.leases().timeToLive(leaseId, keysWanted));
      }
    };
  }

  @Override
  public MembershipAuthority membershipAuthority(long leaderId) {
    Machine leader = network.machine(leaderId);
    return change -> call(leader, asked -> asked.memberships().change(change));
  }

  private <T> CompletionStage<T> call(
      Machine leader, Function<LocalMember, CompletionStage<T>> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    process.later(
        CALL_NANOS_MAX, () -> answer.completeExceptionally(EtcdError.TIMEOUT.asException()));
    network.deliver(
        process.machine(),
        leader,
        false,
        () ->
            leader
                .process()
                .ifPresent(
                    target ->
                        target.run(
                            () ->
                                target
                                    .questioned()
                                    .ifPresent(asked -> ask(leader, asked, question, answer)))));
    return answer;
  }

  private <T> void ask(
      Machine leader,
      LocalMember asked,
      Function<LocalMember, CompletionStage<T>> question,
      CompletableFuture<T> answer) {
    question
        .apply(asked)
        .whenComplete(
            (result, failure) ->
                network.deliver(
                    leader,
                    process.machine(),
                    false,
                    () ->
                        process.run(
                            () -> {
                              if (failure == null) {
                                answer.complete(result);
                              } else {
                                answer.completeExceptionally(failure);
                              }
                            })));
  }

  @Override
  public Optional<Long> longestConnected(Collection<Long> candidates) {
    return Optional.empty();
  }

  @Override
  public boolean connectedSince(long peerId, long sinceNanos) {
    return !network.isCut(network.machine(peerId), process.machine());
  }

  @Override
  public void close() {
    // The connections end with the process.
  }
}
