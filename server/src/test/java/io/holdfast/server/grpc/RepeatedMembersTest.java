package io.holdfast.server.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.LeaseGrantRequest;
import io.holdfast.api.etcdserverpb.LeaseGrpc;
import io.holdfast.api.etcdserverpb.PutRequest;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Members with client ports, opened and closed one after the other in one process: what one of them
 * leaves must not pile up. Threads and descriptors are counted by kind, so that a failure names the
 * leak.
 */
@Timeout(180)
class RepeatedMembersTest {
  private static final int ROUNDS = 10;

  /** Some threads outlive what they worked for by a second or two. */
  private static final long GONE_WITHIN_NANOS = 30_000_000_000L;

  private static final String BODY = "{\"key\":\"aw==\"}";
  private static final String REQUEST =
      "POST /v3/kv/range HTTP/1.1\r\nHost: member\r\nConnection: close\r\n"
          + "Content-Type: application/json\r\nContent-Length: 14\r\n\r\n";

  @TempDir Path directory;

  @Test
  void closedMembersKeepNoThreadsAndNoDescriptors() throws Exception {
    round();
    SortedMap<String, Long> threads = threads();
    SortedMap<String, Long> descriptors = descriptors();
    assertTrue(threads.size() > 1 && descriptors.size() > 1, threads + " " + descriptors);
    for (int i = 0; i < ROUNDS; i++) {
      round();
    }
    assertEquals(new TreeMap<>(), lasting(RepeatedMembersTest::threads, threads));
    assertEquals(new TreeMap<>(), lasting(this::descriptors, descriptors));
  }

  /** Starts a member, has it do some of everything, and closes it. */
  private void round() throws Exception {
    try (LiveMember member = LiveMember.start(directory)) {
      ByteString key = ByteString.copyFromUtf8("k");
      long lease =
          LeaseGrpc.newBlockingStub(member.channel())
              .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(600).build())
              .getID();
      KVGrpc.newBlockingStub(member.channel())
          .put(PutRequest.newBuilder().setKey(key).setValue(key).setLease(lease).build());
      String answer = askWithJson(member.address());
      assertTrue(answer.contains("\"count\":\"1\""), answer);
    }
  }

  private static String askWithJson(InetSocketAddress address) throws IOException {
    try (Socket socket = new Socket(address.getAddress(), address.getPort())) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write((REQUEST + BODY).getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** What there is more of than before, and stays. */
  private static SortedMap<String, Long> lasting(
      Callable<SortedMap<String, Long>> count, SortedMap<String, Long> before) throws Exception {
    long end = System.nanoTime() + GONE_WITHIN_NANOS;
    SortedMap<String, Long> more = more(count.call(), before);
    while (!more.isEmpty() && System.nanoTime() < end) {
      Thread.sleep(50);
      more = more(count.call(), before);
    }
    return more;
  }

  private static SortedMap<String, Long> more(
      SortedMap<String, Long> now, SortedMap<String, Long> before) {
    SortedMap<String, Long> more = new TreeMap<>();
    now.forEach(
        (kind, count) -> {
          long added = count - before.getOrDefault(kind, 0L);
          if (added > 0) {
            more.put(kind, added);
          }
        });
    return more;
  }

  private static SortedMap<String, Long> threads() {
    SortedMap<String, Long> counts = new TreeMap<>();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      counts.merge(kind(thread.getName()), 1L, Long::sum);
    }
    return counts;
  }

  private SortedMap<String, Long> descriptors() throws IOException {
    SortedMap<String, Long> counts = new TreeMap<>();
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      for (Path descriptor : open.toList()) {
        String target = target(descriptor);
        // Classes are loaded when they are first needed, in any round.
        if (!target.endsWith(".jar") && !target.endsWith(".class")) {
          counts.merge(kind(target.replace(directory.toString(), "data")), 1L, Long::sum);
        }
      }
    }
    return counts;
  }

  private static String target(Path descriptor) throws IOException {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (NoSuchFileException closedMeanwhile) {
      return "closed meanwhile";
    }
  }

  /** Without the numbers that tell one from the next. */
  private static String kind(String name) {
    return name.replaceAll("[0-9a-f]*[0-9][0-9a-f]*", "#");
  }
}
