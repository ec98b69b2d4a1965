package io.holdfast.server.transport;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.holdfast.server.node.HeldPrefix;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.transport.wire.PeerSnapshotAnswer;
import io.holdfast.server.transport.wire.PeerSnapshotHead;
import io.holdfast.server.transport.wire.PeerSnapshotOffer;
import io.holdfast.server.transport.wire.PeerSnapshotPart;
import io.holdfast.server.transport.wire.PeerSnapshotPrefix;
import io.holdfast.server.transport.wire.PeerSnapshotResume;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.zip.CRC32C;

/** A snapshot on its way: the message that announces it, then checksummed parts of its bytes. */
final class SnapshotParts {
  private SnapshotParts() {}

  static byte[] head(InstallSnapshot message) {
    ConfState conf = message.snapshot().confState();
    return PeerSnapshotPart.newBuilder()
        .setHead(
            PeerSnapshotHead.newBuilder()
                .setFrom(message.from())
                .setTo(message.to())
                .setTerm(message.term())
                .setIndex(message.snapshot().index())
                .setSnapshotTerm(message.snapshot().term())
                .addAllVoters(conf.voters())
                .addAllVotersOutgoing(conf.votersOutgoing())
                .addAllLearners(conf.learners())
                .addAllLearnersNext(conf.learnersNext())
                .setAutoLeave(conf.autoLeave()))
        .build()
        .toByteArray();
  }

  static byte[] data(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return PeerSnapshotPart.newBuilder()
        .setData(UnsafeByteOperations.unsafeWrap(bytes, 0, length))
        .setCrc32C((int) crc.getValue())
        .build()
        .toByteArray();
  }

  /**
   * @throws IOException when it is no head
   */
  static InstallSnapshot readHead(byte[] part) throws IOException {
    PeerSnapshotPart parsed = PeerSnapshotPart.parseFrom(part);
    if (!parsed.hasHead()) {
      throw new IOException("a snapshot has to begin with its head");
    }
    PeerSnapshotHead head = parsed.getHead();
    ConfState conf =
        new ConfState(
            set(head.getVotersList()),
            set(head.getVotersOutgoingList()),
            set(head.getLearnersList()),
            set(head.getLearnersNextList()),
            head.getAutoLeave());
    return new InstallSnapshot(
        head.getFrom(),
        head.getTo(),
        head.getTerm(),
        new SnapshotMetadata(head.getIndex(), head.getSnapshotTerm(), conf));
  }

  /**
   * @throws IOException when the data does not match its checksum
   */
  static byte[] readData(byte[] part) throws IOException {
    PeerSnapshotPart parsed = PeerSnapshotPart.parseFrom(part);
    ByteString data = parsed.getData();
    CRC32C crc = new CRC32C();
    byte[] bytes = data.toByteArray();
    crc.update(bytes);
    if ((int) crc.getValue() != parsed.getCrc32C()) {
      throw new IOException("a part of " + bytes.length + " bytes was damaged on its way");
    }
    return bytes;
  }

  /** Where the data begins. */
  static byte[] resume(long offset) {
    return PeerSnapshotPart.newBuilder()
        .setResume(PeerSnapshotResume.newBuilder().setOffset(offset))
        .build()
        .toByteArray();
  }

  /**
   * @throws IOException when it does not say where the data begins
   */
  static long readResume(byte[] part) throws IOException {
    PeerSnapshotPart parsed = PeerSnapshotPart.parseFrom(part);
    if (!parsed.hasResume()) {
      throw new IOException("a snapshot's data has to begin with where it goes on");
    }
    return parsed.getResume().getOffset();
  }

  /** What a receiver holds already. */
  static byte[] offer(List<HeldPrefix> held) {
    PeerSnapshotOffer.Builder offer = PeerSnapshotOffer.newBuilder();
    for (HeldPrefix prefix : held) {
      offer.addPrefixes(
          PeerSnapshotPrefix.newBuilder()
              .setBytes(prefix.bytes())
              .setSha256(UnsafeByteOperations.unsafeWrap(prefix.sha256())));
    }
    return PeerSnapshotAnswer.newBuilder().setOffer(offer).build().toByteArray();
  }

  /**
   * @return the offer; empty when it is a mere sign of life
   * @throws IOException when it is no answer
   */
  static Optional<List<HeldPrefix>> readOffer(byte[] answer) throws IOException {
    PeerSnapshotAnswer parsed = PeerSnapshotAnswer.parseFrom(answer);
    if (!parsed.hasOffer()) {
      return Optional.empty();
    }
    List<HeldPrefix> held = new ArrayList<>();
    for (PeerSnapshotPrefix prefix : parsed.getOffer().getPrefixesList()) {
      held.add(new HeldPrefix(prefix.getBytes(), prefix.getSha256().toByteArray()));
    }
    return Optional.of(held);
  }

  private static TreeSet<Long> set(List<Long> ids) {
    return new TreeSet<>((Collection<Long>) ids);
  }
}
