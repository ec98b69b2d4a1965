package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Etcdctl;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.Programs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code etcdctl lock} and {@code etcdctl elect}, each of them a process, on three members: the
 * same story, told the same way, on etcd and on Holdfast, with a change of the leader in the middle
 * on the latter.
 */
class EtcdctlLockIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  @Test
  void locksAndOfficesGoFromOneToTheNext() throws Exception {
    assumeTrue(Programs.available("etcd") && Programs.available("etcdctl"));
    assertEquals(tell(Flavor.ETCD, false), tell(Flavor.underTest(), false));
  }

  @Test
  void theyOutliveTheLeader() throws Exception {
    assumeTrue(Programs.available("etcdctl"));
    tell(Flavor.underTest(), true);
  }

  private List<String> tell(Flavor flavor, boolean killLeader) throws Exception {
    List<String> story = new ArrayList<>();
    Path own = directory.resolve(flavor.name() + killLeader);
    try (Cluster cluster = Cluster.start(flavor, 3, own)) {
      Etcdctl etcdctl = new Etcdctl(cluster.endpoints());
      locks(etcdctl, cluster, killLeader, story);
      elections(etcdctl, story);
    }
    return story;
  }

  private static void locks(
      Etcdctl etcdctl, Cluster cluster, boolean killLeader, List<String> story) throws Exception {
    try (Running holder = new Running(etcdctl, "lock", "l", "--ttl=2")) {
      holder.line("l/");
      try (Running second = new Running(etcdctl, "lock", "l", "echo", "second")) {
        awaitInLine(etcdctl, "l/", 2);
        if (killLeader) {
          cluster.awaitLeader(PATIENCE).kill();
          cluster.awaitLeader(PATIENCE);
        }
        try (Running third = new Running(etcdctl, "lock", "l", "printenv", "ETCD_LOCK_KEY")) {
          awaitInLine(etcdctl, "l/", 3);
          assertTrue(holder.isAlive() && second.isAlive() && third.isAlive());
          // Its lease ends by itself.
          holder.kill();
          story.add(second.line("second") + " " + second.exitCode());
          story.add(third.line("l/").substring(0, 2) + " " + third.exitCode());
        }
      }
    }
    Programs.Outcome failing = etcdctl.run("lock", "l", "false");
    story.add("a failing command: " + failing.exitCode());
    story.add("left: " + etcdctl.run("get", "--prefix", "l/", "--keys-only").out());
  }

  private static void elections(Etcdctl etcdctl, List<String> story) throws Exception {
    try (Running observer = new Running(etcdctl, "elect", "-l", "e");
        Running first = new Running(etcdctl, "elect", "e", "one")) {
      story.add(first.line("e/").substring(0, 2) + first.line("one"));
      story.add("observed: " + observer.line("e/").substring(0, 2) + observer.line("one"));
      try (Running second = new Running(etcdctl, "elect", "e", "two")) {
        awaitInLine(etcdctl, "e/", 2);
        first.terminate();
        story.add("resigned: " + first.exitCode());
        story.add(second.line("e/").substring(0, 2) + second.line("two"));
        story.add("observed: " + observer.line("e/").substring(0, 2) + observer.line("two"));
        second.terminate();
        story.add("resigned: " + second.exitCode());
      }
    }
  }

  private static void awaitInLine(Etcdctl etcdctl, String prefix, int wanted)
      throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Programs.Outcome seen = etcdctl.run("get", "--prefix", prefix, "--keys-only");
      if (seen.out().lines().filter(line -> line.startsWith(prefix)).count() == wanted) {
        return;
      }
      assertTrue(System.nanoTime() < end, () -> wanted + " in line, but saw " + seen);
      Thread.sleep(50);
    }
  }

  /** An etcdctl that runs until it is told to end. */
  private static final class Running implements AutoCloseable {
    private final Process process;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final List<String> seen = new ArrayList<>();

    Running(Etcdctl etcdctl, String... arguments) throws IOException {
      ProcessBuilder builder = new ProcessBuilder(etcdctl.command(List.of(arguments)));
      builder.environment().putAll(etcdctl.environment());
      builder.redirectErrorStream(true);
      process = builder.start();
      Thread reader = new Thread(this::read, "etcdctl-output");
      reader.setDaemon(true);
      reader.start();
    }

    private void read() {
      try (BufferedReader out =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
        String line;
        while ((line = out.readLine()) != null) {
          lines.add(line);
        }
      } catch (IOException e) {
        lines.add("the output ended: " + e.getMessage());
      }
    }

    /** The next line that begins so; etcdctl tells of lost connections in lines of their own. */
    String line(String beginning) throws InterruptedException {
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (true) {
        String line = lines.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        assertTrue(line != null, () -> "no line " + beginning + " among " + seen);
        seen.add(line);
        if (line.startsWith(beginning)) {
          return line;
        }
      }
    }

    boolean isAlive() {
      return process.isAlive();
    }

    int exitCode() throws InterruptedException {
      assertTrue(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS), () -> "runs on: " + seen);
      return process.exitValue();
    }

    void terminate() {
      process.destroy();
    }

    void kill() {
      process.destroyForcibly();
    }

    @Override
    public void close() throws InterruptedException {
      process.destroyForcibly().waitFor();
    }
  }
}
