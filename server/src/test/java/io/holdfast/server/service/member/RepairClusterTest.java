package io.holdfast.server.service.member;

import static io.holdfast.server.service.member.TestCluster.await;
import static io.holdfast.server.service.member.TestCluster.awaitTrue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.Command;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.mvcc.Key;
import io.holdfast.server.service.KeyValueHash;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Three real members, one of which finds its files damaged when it starts again. */
class RepairClusterTest {
  private static final int FIRST_PORT = 27410;
  private static final int KEYS = 50;

  @TempDir Path directory;

  /** What is done to the files of a stopped member. */
  private enum Damage {
    LOG_MIDDLE {
      @Override
      void strike(Path member) throws IOException {
        flip(segment(member), 700);
      }
    },
    LOG_HEAD {
      @Override
      void strike(Path member) throws IOException {
        flip(segment(member), 3);
      }
    },
    LOG_GONE {
      @Override
      void strike(Path member) throws IOException {
        deleteAll(member.resolve("wal"));
      }
    },
    STORE_FLIPPED {
      @Override
      void strike(Path member) throws IOException {
        byte[] content = Files.readAllBytes(store(member));
        for (int at = 8192; at < content.length; at += 97) {
          content[at] ^= 0x10;
        }
        Files.write(store(member), content);
      }
    },
    STORE_GONE {
      @Override
      void strike(Path member) throws IOException {
        Files.delete(store(member));
      }
    },
    BOTH_GONE {
      @Override
      void strike(Path member) throws IOException {
        Files.delete(store(member));
        deleteAll(member.resolve("wal"));
      }
    };

    abstract void strike(Path member) throws IOException;
  }

  @ParameterizedTest
  @EnumSource(Damage.class)
  void aDamagedMemberIsRepairedByTheOthers(Damage damage) throws Exception {
    // Recovery points every 40 entries: the log does not go back to the beginning.
    try (TestCluster cluster =
        TestCluster.start(
            directory,
            FIRST_PORT,
            settings -> settings.snapshotCount(40).snapshotCatchupEntries(10))) {
      for (int wave = 0; wave < 8; wave++) {
        cluster.putMany(cluster.awaitLeader(), 50, KEYS);
      }
      int victim = (cluster.awaitLeader() + 1) % TestCluster.SIZE;
      cluster.stopMember(victim);
      damage.strike(member(victim));
      cluster.putMany(cluster.awaitLeader(), 30, KEYS);
      cluster.startMember(victim);
      await(cluster.member(victim).joined());
      awaitTrue("the end of the repair", () -> !isRepairing(victim));
      awaitEqualHashes(cluster);
      assertTrue(setAside(victim) > 0 || damage == Damage.BOTH_GONE || damage == Damage.LOG_GONE);

      // It counts again: with another member away it makes the quorum.
      int other = (victim + 1) % TestCluster.SIZE;
      cluster.stopMember(other);
      cluster.awaitLeader();
      cluster.put(victim, "after", "repair");
      cluster.startMember(other);
      cluster.awaitJoined();
      cluster.stopMember(victim);
      cluster.startMember(victim);
      await(cluster.member(victim).joined());
      awaitEqualHashes(cluster);
    }
  }

  @Test
  void aStoreIsMadeAnewFromALogThatGoesBackToTheBeginning() throws Exception {
    MemberConfig config = MemberConfig.builder("default", directory).build();
    KeyValueHash before;
    try (Member member = Member.start(config)) {
      await(member.joined());
      for (int i = 0; i < KEYS; i++) {
        put(member, "key" + i);
      }
      before = await(member.maintenance().hashKv(0)).body();
    }
    Damage.STORE_FLIPPED.strike(directory.resolve("member"));
    try (Member member = Member.start(config)) {
      await(member.joined());
      assertEquals(before, await(member.maintenance().hashKv(0)).body());
    }
  }

  @Test
  void aLoneMemberWithADamagedLogIsRefusedByNameAndPlace() throws Exception {
    MemberConfig config = MemberConfig.builder("default", directory).build();
    try (Member member = Member.start(config)) {
      await(member.joined());
      put(member, "key");
    }
    Path segment = segment(directory.resolve("member"));
    flip(segment, 700);
    byte[] damaged = Files.readAllBytes(segment);
    StartupException refused = assertThrows(StartupException.class, () -> Member.start(config));
    assertTrue(refused.getMessage().contains(segment.toString()), refused.getMessage());
    assertTrue(refused.getMessage().contains("damaged at byte "), refused.getMessage());
    assertTrue(refused.getMessage().contains("alone in its cluster"), refused.getMessage());
    assertTrue(refused.getMessage().contains("backup"), refused.getMessage());
    assertEquals(1, refused.getMessage().lines().count());
    assertTrue(Arrays.equals(damaged, Files.readAllBytes(segment)));
  }

  @Test
  void withoutItsVoteAMemberIsRefused() throws Exception {
    try (TestCluster cluster = TestCluster.start(directory, FIRST_PORT)) {
      cluster.putMany(cluster.awaitLeader(), 20, KEYS);
      cluster.stopMember(2);
      Damage.LOG_MIDDLE.strike(member(2));
      Path votes = member(2).resolve("vote");
      flip(votes, 40);
      flip(votes, 4096 + 40);
      StartupException refused = assertThrows(StartupException.class, () -> cluster.startMember(2));
      assertTrue(refused.getMessage().contains("might vote twice"), refused.getMessage());
      assertEquals(0, setAside(2));
      flip(votes, 4096 + 40);
      cluster.startMember(2);
      await(cluster.member(2).joined());
    }
  }

  private Path member(int number) {
    return directory.resolve("m" + number).resolve("member");
  }

  private boolean isRepairing(int number) {
    try {
      byte[] votes = Files.readAllBytes(member(number).resolve("vote"));
      return votes[7 * Long.BYTES - 1] != 0 || votes[4096 + 7 * Long.BYTES - 1] != 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long setAside(int number) throws IOException {
    try (Stream<Path> files = Files.walk(member(number))) {
      return files.filter(path -> path.toString().contains(".damaged-")).count();
    }
  }

  private static void awaitEqualHashes(TestCluster cluster) throws Exception {
    awaitTrue(
        "equal hashes",
        () -> {
          try {
            KeyValueHash first = await(cluster.member(0).maintenance().hashKv(0)).body();
            for (int i = 1; i < TestCluster.SIZE; i++) {
              if (!first.equals(await(cluster.member(i).maintenance().hashKv(0)).body())) {
                return false;
              }
            }
            return true;
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static void put(Member member, String key) throws Exception {
    await(member.keyValues().put(Command.Put.of(Key.of(key), TestCluster.bytes("value"))));
  }

  private static Path store(Path member) {
    return member.resolve("snap/db");
  }

  private static Path segment(Path member) throws IOException {
    try (Stream<Path> files = Files.list(member.resolve("wal"))) {
      List<Path> segments =
          files.filter(path -> path.toString().endsWith(".wal")).sorted().toList();
      return segments.get(0);
    }
  }

  private static void flip(Path file, int at) throws IOException {
    byte[] content = Files.readAllBytes(file);
    content[at] ^= 1;
    Files.write(file, content);
  }

  private static void deleteAll(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }
}
