package io.holdfast.server.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.disk.Disk;
import io.holdfast.server.disk.InterceptedDisk;
import io.holdfast.server.disk.RealDisk;
import io.holdfast.server.disk.SimulatedDisk;
import io.holdfast.server.disk.UnsyncedBytes;
import io.holdfast.server.error.StorageFailure;
import io.holdfast.server.node.HeldPrefix;
import io.holdfast.server.node.IncomingSnapshot;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.node.SnapshotRecordConsumer;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.wal.MarkCodec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotFilesTest {
  private static final long CLUSTER = 0xc1;
  private static final SnapshotMetadata METADATA =
      new SnapshotMetadata(77, 3, ConfState.ofVoters(List.of(1L, 2L, 3L)));

  @TempDir Path root;

  /** A state of numbered records; every third has an empty value. */
  private record Content(SnapshotMetadata metadata, int count) implements SnapshotContent {
    @Override
    public void forEach(SnapshotRecordConsumer consumer) throws IOException {
      for (int i = 0; i < count; i++) {
        consumer.accept(i % 4, ("key" + i).getBytes(), new byte[i % 3 == 0 ? 0 : i % 700]);
      }
    }

    @Override
    public void close() {}
  }

  @Test
  void recordsComeBackInOrder() throws IOException {
    SnapshotFiles files = files(new RealDisk(), root);
    byte[] stream = encoded(files, 1000);
    IncomingSnapshot incoming = files.receive(METADATA);
    for (int at = 0; at < stream.length; at += 1000) {
      incoming.write(stream, at, Math.min(1000, stream.length - at));
    }
    ReceivedSnapshot received = incoming.complete();
    incoming.abort();
    assertEquals(METADATA, received.metadata());
    assertEquals(described(new Content(METADATA, 1000)), described(received));
    assertEquals(described(received), described(received), "readable twice");
    assertEquals(METADATA, files.newest().orElseThrow().metadata());
    received.delete();
    assertEquals(Optional.empty(), files.newest());
    assertEquals(List.of(), new RealDisk().list(root.resolve("snap")));
  }

  @Test
  void anEmptyStateIsASnapshotToo() throws IOException {
    SnapshotFiles files = files(new RealDisk(), root);
    assertEquals(List.of(), described(received(files, encoded(files, 0))));
  }

  @Test
  void everyFlippedBitIsRefusedAndNothingStays() throws IOException {
    SnapshotFiles files = files(new SimulatedDisk(root), root);
    byte[] stream = encoded(files, 12);
    for (int bit = 0; bit < stream.length * 8; bit++) {
      byte[] damaged = stream.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      assertThrows(SnapshotDamagedException.class, () -> received(files, damaged), "bit " + bit);
    }
    assertEquals(Optional.empty(), files.newest());
  }

  @Test
  void everyCutAndEveryLongerStreamIsRefused() throws IOException {
    SnapshotFiles files = files(new SimulatedDisk(root), root);
    byte[] stream = encoded(files, 12);
    for (int length = 0; length < stream.length; length++) {
      byte[] cut = Arrays.copyOf(stream, length);
      assertThrows(SnapshotDamagedException.class, () -> received(files, cut), "cut " + length);
    }
    byte[] longer = Arrays.copyOf(stream, stream.length + 1);
    SnapshotDamagedException refused =
        assertThrows(SnapshotDamagedException.class, () -> received(files, longer));
    assertTrue(refused.getMessage().contains("footer"), refused.getMessage());
  }

  @Test
  void aLostOrRepeatedRecordIsRefused() throws IOException {
    List<byte[]> parts = parts(5);
    List<byte[]> lost = new ArrayList<>(parts);
    lost.remove(2);
    List<byte[]> repeated = new ArrayList<>(parts);
    repeated.set(2, parts.get(3));
    SnapshotFiles files = files(new SimulatedDisk(root), root);
    for (List<byte[]> wrong : List.of(lost, repeated)) {
      SnapshotDamagedException refused =
          assertThrows(SnapshotDamagedException.class, () -> received(files, joined(wrong)));
      assertTrue(refused.getMessage().contains("footer"), refused.getMessage());
    }
    assertEquals(5, described(received(files, joined(parts))).size());
  }

  @Test
  void damageIsNamedByItsPart() throws IOException {
    List<byte[]> parts = parts(5);
    parts.get(3)[13] ^= 1;
    SnapshotFiles files = files(new SimulatedDisk(root), root);
    SnapshotDamagedException refused =
        assertThrows(SnapshotDamagedException.class, () -> received(files, joined(parts)));
    assertTrue(refused.getMessage().contains("record 3"), refused.getMessage());
  }

  @Test
  void hugeLengthsAskForNoMemory() throws IOException {
    List<byte[]> parts = parts(2);
    byte[] record = parts.get(1);
    record[4] = (byte) 0xFF;
    record[5] = (byte) 0xFF;
    record[6] = (byte) 0xFF;
    record[7] = 0x0F;
    SnapshotReader reader = new SnapshotReader(new ByteArrayInputStream(joined(parts)));
    assertThrows(SnapshotDamagedException.class, () -> reader.forEach((kind, key, value) -> {}));
  }

  @Test
  void anotherClustersOrAnotherStateIsRefused() throws IOException {
    SimulatedDisk disk = new SimulatedDisk(root);
    byte[] foreign = encoded(SnapshotFiles.open(disk, root.resolve("snap"), 0xc2), 3);
    SnapshotFiles files = files(disk, root);
    SnapshotDamagedException refused =
        assertThrows(SnapshotDamagedException.class, () -> received(files, foreign));
    assertTrue(refused.getMessage().contains("cluster c2"), refused.getMessage());
    ByteArrayOutputStream other = new ByteArrayOutputStream();
    files.encode(new Content(new SnapshotMetadata(78, 3, METADATA.confState()), 3), other);
    assertThrows(SnapshotDamagedException.class, () -> received(files, other.toByteArray()));
  }

  @Test
  void leftoversGoAndTheNewestSnapshotStays() throws IOException {
    SimulatedDisk disk = new SimulatedDisk(root);
    SnapshotFiles files = files(disk, root);
    files.receive(METADATA).write(new byte[10], 0, 10);
    for (long index : new long[] {5, 300, 20}) {
      SnapshotMetadata metadata = new SnapshotMetadata(index, 3, METADATA.confState());
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      files.encode(new Content(metadata, 3), out);
      IncomingSnapshot incoming = files.receive(metadata);
      incoming.write(out.toByteArray(), 0, out.size());
      incoming.complete();
    }
    assertEquals(3, disk.list(root.resolve("snap")).size());
    files.removeLeftovers();
    assertEquals(1, disk.list(root.resolve("snap")).size());
    assertEquals(300, files.newest().orElseThrow().metadata().index());
  }

  @Test
  void whatAnInterruptedTransferLeftIsOfferedAndGoneOnFrom() throws IOException {
    SimulatedDisk disk = new SimulatedDisk(root);
    byte[] stream = big(files(disk, root), METADATA);
    int brought = HeldPrefix.SPACING_BYTES_MAX + 12_345;
    files(disk, root).receive(METADATA).write(stream, 0, brought);
    SnapshotFiles restarted = files(disk.processKill(), root);
    restarted.removeLeftovers();
    IncomingSnapshot again = restarted.receive(METADATA);
    List<HeldPrefix> held = again.held();
    assertEquals(brought, held.get(held.size() - 1).bytes());
    long before = 0;
    for (HeldPrefix prefix : held) {
      assertTrue(prefix.bytes() - before <= HeldPrefix.SPACING_BYTES_MAX);
      assertArrayEquals(sha256(stream, prefix.bytes()), prefix.sha256());
      before = prefix.bytes();
    }
    int from = (int) held.get(held.size() - 2).bytes();
    again.resumeAt(from);
    again.write(stream, from, stream.length - from);
    assertEquals(METADATA, again.complete().metadata());
    assertThrows(IOException.class, () -> again.write(stream, 0, 1));
  }

  @Test
  void streamsOfTwoMomentsBeginWithTheSameBytes() throws IOException {
    SnapshotFiles files = files(new SimulatedDisk(root), root);
    byte[] early = encoded(files, 40);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    files.encode(new Content(new SnapshotMetadata(99, 4, METADATA.confState()), 60), out);
    int common = Arrays.mismatch(early, out.toByteArray());
    assertTrue(common > 40 * 20, "only " + common + " bytes are common");
    IncomingSnapshot incoming = files.receive(new SnapshotMetadata(99, 4, METADATA.confState()));
    incoming.write(early, 0, common);
    incoming.suspend();
    IncomingSnapshot next = files.receive(new SnapshotMetadata(99, 4, METADATA.confState()));
    next.resumeAt(common);
    next.write(out.toByteArray(), common, out.size() - common);
    assertEquals(99, next.complete().metadata().index());
  }

  @Test
  void aCompleteSnapshotNobodyInstalledIsTheNextBeginning() throws IOException {
    SimulatedDisk disk = new SimulatedDisk(root);
    SnapshotFiles files = files(disk, root);
    byte[] stream = encoded(files, 100);
    files.demote(received(files, stream));
    assertEquals(Optional.empty(), files.newest());
    List<HeldPrefix> held = files.receive(METADATA).held();
    assertEquals(stream.length, held.get(held.size() - 1).bytes());
    assertFalse(files.discardPart(), "it is being received");
    files.receive(METADATA).suspend();
    assertTrue(files.discardPart());
    assertEquals(List.of(), disk.list(root.resolve("snap")));
  }

  @Test
  void aLaterTransferDisplacesAnEarlierOne() throws IOException {
    SnapshotFiles files = files(new SimulatedDisk(root), root);
    IncomingSnapshot first = files.receive(METADATA);
    first.write(new byte[10], 0, 10);
    IncomingSnapshot second = files.receive(METADATA);
    assertThrows(IOException.class, () -> first.write(new byte[10], 0, 10));
    assertThrows(IOException.class, () -> second.resumeAt(11));
    byte[] stream = encoded(files, 3);
    second.resumeAt(0);
    second.write(stream, 0, stream.length);
    assertEquals(METADATA, second.complete().metadata());
    first.abort();
    assertEquals(METADATA, files.newest().orElseThrow().metadata());
  }

  @Test
  void aLaterFormatIsRefusedByItsNumber() throws IOException {
    List<byte[]> parts = parts(1);
    ByteBuffer header = ByteBuffer.wrap(parts.get(0)).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(8, 3);
    CRC32C crc = new CRC32C();
    crc.update(parts.get(0), 0, 20);
    header.putInt(20, (int) crc.getValue());
    SnapshotDamagedException refused =
        assertThrows(
            SnapshotDamagedException.class,
            () -> new SnapshotReader(new ByteArrayInputStream(joined(parts))));
    assertTrue(refused.getMessage().contains("format version 3"), refused.getMessage());
  }

  @Test
  void aFailureAtAnyCallLeavesNoHalfSnapshot() throws IOException {
    int calls = 0;
    for (int failing = 1; failing <= 200; failing++) {
      int number = failing;
      int[] count = {0};
      SimulatedDisk disk = new SimulatedDisk(root);
      byte[] stream = encoded(files(disk, root), 50);
      Disk faulty =
          new InterceptedDisk(
              disk,
              (call, path) -> {
                if (++count[0] == number) {
                  throw new IOException("injected");
                }
              });
      boolean completed = false;
      try {
        received(files(faulty, root), stream);
        completed = true;
      } catch (IOException | StorageFailure e) {
        assertTrue(e.getMessage().contains("injected") || e instanceof StorageFailure, e::toString);
      }
      calls = Math.max(calls, count[0]);
      checkAfterPowerCut(disk, completed, number);
      if (completed && count[0] < number) {
        assertTrue(calls >= 5, "calls seen: " + calls);
        return;
      }
    }
    throw new AssertionError("the calls never ended");
  }

  @Test
  void whatArrivesIsSyncedInPortions() throws IOException {
    UnsyncedBytes unsynced = new UnsyncedBytes("incoming.part");
    Disk disk = new InterceptedDisk(new SimulatedDisk(root), unsynced);
    IncomingSnapshot incoming = files(disk, root).receive(METADATA);
    byte[] part = new byte[1 << 20];
    for (int i = 0; i < 20; i++) {
      incoming.write(part, 0, part.length);
    }
    incoming.suspend();
    assertEquals(4 << 20, unsynced.most());
  }

  @Test
  void aFailedSyncOfAPortionIsFatal() throws IOException {
    Disk faulty =
        new InterceptedDisk(
            new SimulatedDisk(root),
            (call, path) -> {
              if (call == InterceptedDisk.Call.SYNC) {
                throw new IOException("injected");
              }
            });
    IncomingSnapshot incoming = files(faulty, root).receive(METADATA);
    byte[] part = new byte[5 << 20];
    StorageFailure failed =
        assertThrows(StorageFailure.class, () -> incoming.write(part, 0, part.length));
    assertTrue(failed.getMessage().contains("incoming.part"), failed.getMessage());
  }

  @Test
  void aFailedSyncIsFatal() throws IOException {
    SimulatedDisk disk = new SimulatedDisk(root);
    byte[] stream = encoded(files(disk, root), 5);
    Disk faulty =
        new InterceptedDisk(
            disk,
            (call, path) -> {
              if (call == InterceptedDisk.Call.SYNC) {
                throw new IOException("injected");
              }
            });
    StorageFailure failed =
        assertThrows(StorageFailure.class, () -> received(files(faulty, root), stream));
    assertInstanceOf(IOException.class, failed.getCause());
  }

  private void checkAfterPowerCut(SimulatedDisk disk, boolean completed, int number)
      throws IOException {
    for (int seed = 0; seed < 8; seed++) {
      SnapshotFiles again = files(disk.powerCut(new Random(number * 31L + seed)), root);
      again.removeLeftovers();
      Optional<ReceivedSnapshot> found = again.newest();
      assertTrue(!completed || found.isPresent(), "a complete snapshot was lost");
      if (found.isPresent()) {
        assertEquals(described(new Content(METADATA, 50)), described(found.get()));
      }
    }
  }

  private static SnapshotFiles files(Disk disk, Path root) throws IOException {
    return SnapshotFiles.open(disk, root.resolve("snap"), CLUSTER);
  }

  private static byte[] encoded(SnapshotFiles files, int count) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    files.encode(new Content(METADATA, count), out);
    return out.toByteArray();
  }

  private static byte[] big(SnapshotFiles files, SnapshotMetadata metadata) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    SnapshotWriter writer = new SnapshotWriter(out, CLUSTER);
    Random random = new Random(5);
    byte[] value = new byte[100_000];
    for (int i = 0; i < 120; i++) {
      random.nextBytes(value);
      writer.accept(1, ("key" + i).getBytes(), value);
    }
    writer.finish(metadata);
    return out.toByteArray();
  }

  private static byte[] sha256(byte[] bytes, long length) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(Arrays.copyOf(bytes, (int) length));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static ReceivedSnapshot received(SnapshotFiles files, byte[] stream) throws IOException {
    IncomingSnapshot incoming = files.receive(METADATA);
    incoming.write(stream, 0, stream.length);
    return incoming.complete();
  }

  private static List<String> described(SnapshotContent content) throws IOException {
    List<String> lines = new ArrayList<>();
    content.forEach((kind, key, value) -> lines.add(line(kind, key, value)));
    return lines;
  }

  private static List<String> described(ReceivedSnapshot snapshot) throws IOException {
    List<String> lines = new ArrayList<>();
    snapshot.forEach((kind, key, value) -> lines.add(line(kind, key, value)));
    return lines;
  }

  private static String line(int kind, byte[] key, byte[] value) {
    return kind + " " + new String(key) + " " + value.length + " " + Arrays.hashCode(value);
  }

  /** A stream cut at its seams: header, records, footer. */
  private static List<byte[]> parts(int count) throws IOException {
    List<byte[]> parts = new ArrayList<>();
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    SnapshotWriter writer = new SnapshotWriter(whole, CLUSTER);
    int headerBytes = 8 + 4 + 8 + 4;
    List<Integer> lengths = new ArrayList<>(List.of(headerBytes));
    for (int i = 0; i < count; i++) {
      byte[] key = {(byte) i};
      byte[] value = new byte[10];
      writer.accept(1, key, value);
      lengths.add(12 + key.length + value.length + 4);
    }
    writer.finish(METADATA);
    lengths.add(4 + 4 + MarkCodec.sizeBytes(METADATA) + 8 + 4 + 4);
    int at = 0;
    for (int length : lengths) {
      parts.add(Arrays.copyOfRange(whole.toByteArray(), at, at + length));
      at += length;
    }
    assertEquals(whole.size(), at);
    return parts;
  }

  private static byte[] joined(List<byte[]> parts) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.write(part);
    }
    return out.toByteArray();
  }

  @Test
  void filesOnTheRealDiskAreTheOwnersOnly() throws IOException {
    SnapshotFiles files = files(new RealDisk(), root);
    received(files, encoded(files, 3));
    try (var paths = Files.list(root.resolve("snap"))) {
      for (Path path : paths.toList()) {
        assertEquals(
            "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
      }
    }
  }

  @Test
  void aDamagedSnapshotIsSetAsideAndKept() throws IOException {
    SnapshotFiles files = files(new RealDisk(), root);
    received(files, encoded(files, 30));
    Path snap = root.resolve("snap");
    Path file = snap.resolve(new RealDisk().list(snap).get(0));
    byte[] content = Files.readAllBytes(file);
    content[content.length / 2] ^= 4;
    Files.write(file, content);
    assertThrows(SnapshotDamagedException.class, files::newest);
    String aside = files.setNewestAside().orElseThrow();
    assertTrue(aside.endsWith(".snap.damaged-1"), aside);
    assertArrayEquals(content, Files.readAllBytes(snap.resolve(aside)));
    assertEquals(Optional.empty(), files.newest());
    files.removeLeftovers();
    assertTrue(Files.exists(snap.resolve(aside)));
    assertEquals(Optional.empty(), files.setNewestAside());
  }
}
