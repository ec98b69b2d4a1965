package io.holdfast.server.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.disk.RealDisk;
import io.holdfast.server.node.ReceivedSnapshot;
import io.holdfast.server.node.SnapshotContent;
import io.holdfast.server.node.SnapshotRecordConsumer;
import io.holdfast.server.node.TransportListener;
import io.holdfast.server.raft.SnapshotMetadata;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.raft.message.ForwardPropose;
import io.holdfast.server.raft.message.Heartbeat;
import io.holdfast.server.raft.message.InstallSnapshot;
import io.holdfast.server.raft.message.Message;
import io.holdfast.server.snapshot.SnapshotFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two real transports on loopback that demand certificates of each other. */
@Timeout(120)
class PeerTlsTest {
  private static final long CLUSTER = 0xc3;
  private static final long ONE = 1;
  private static final long TWO = 2;
  private static final String HOST = "127.0.0.1";

  @TempDir Path directory;

  private final Queue<String> refusals = new ConcurrentLinkedQueue<>();
  private final PeerAuthority authority;
  private final int[] ports = new int[3];

  PeerTlsTest() throws Exception {
    authority = new PeerAuthority("peers");
  }

  @BeforeEach
  void prepare() throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    for (int i = 1; i < ports.length; i++) {
      ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(HOST));
      ports[i] = socket.getLocalPort();
      held.add(socket);
    }
    for (ServerSocket socket : held) {
      socket.close();
    }
  }

  @Test
  void exchangesMessagesAndASnapshot() throws Exception {
    try (End one = new End(ONE, tls(authority.member(HOST)));
        End two = new End(TWO, tls(authority.member(HOST)))) {
      one.awaitArrivalAt(two);
      two.awaitArrivalAt(one);
      SnapshotMetadata at = new SnapshotMetadata(7, 4, ConfState.ofVoters(List.of(ONE, TWO)));
      one.transport.sendSnapshot(new InstallSnapshot(ONE, TWO, 5, at), new Content(at));
      assertEquals(true, one.reports.poll(30, TimeUnit.SECONDS));
      assertEquals(7, two.arrived.poll(30, TimeUnit.SECONDS).metadata().index());
      assertEquals(List.of(), List.copyOf(refusals));
    }
  }

  @Test
  void answersWhoBelongsToTheClusterToWhoShowsACertificate() throws Exception {
    PeerSecurity security = tls(authority.member(HOST));
    try (End one = new End(ONE, security)) {
      assertEquals(CLUSTER, MemberInquiry.ask(url("https", ONE), security, 10_000).clusterId());
      PeerSecurity foreign = tls(new PeerAuthority("others").member(HOST));
      IOException refused =
          assertThrows(
              IOException.class, () -> MemberInquiry.ask(url("https", ONE), foreign, 10_000));
      assertTrue(refused.getMessage().startsWith("TLS: "), refused::getMessage);
    }
  }

  @Test
  void refusesAnotherAuthority() throws Exception {
    assertRefused(
        new PeerAuthority("others").member(HOST), "signed by none of --peer-trusted-ca-file");
  }

  @Test
  void refusesAnExpiredCertificate() throws Exception {
    assertRefused(authority.member(HOST, Instant.now().minusSeconds(60)), "has expired");
  }

  @Test
  void callsNobodyWhoseCertificateIsForAnotherHost() throws Exception {
    try (End caller = new End(ONE, tls(authority.member(HOST)));
        End called = new End(TWO, tls(authority.member("elsewhere.example")))) {
      called.awaitArrivalAt(caller);
      awaitRefusal("TLS: no connection to peer 2", "127.0.0.1");
      assertEquals(0, called.messages.get());
    }
  }

  /** The first member trusts its own authority; the second is somebody else. */
  private void assertRefused(PeerAuthority.Shown stranger, String reason) throws Exception {
    try (End member = new End(ONE, tls(authority.member(HOST)));
        End other = new End(TWO, tls(stranger))) {
      awaitRefusal("TLS: no connection to peer 2", reason);
      // The other believes the first, when it is only its own certificate that is bad.
      awaitRefusal("TLS: no connection to peer 1", "");
      // Tried many times by now, told once.
      TimeUnit.SECONDS.sleep(2);
      member.send(TWO);
      other.send(ONE);
      assertEquals(0, member.messages.get() + other.messages.get());
      assertEquals(1, count("TLS: no connection to peer 2"));
      assertTrue(count("TLS: refused the peer at") <= 3, refusals::toString);
    }
  }

  @Test
  void tellsOfACallerWhoseCertificateIsNotBelieved() throws Exception {
    PeerAuthority.Shown expired = authority.member(HOST, Instant.now().minusSeconds(60));
    try (End member = new End(ONE, tls(authority.member(HOST)));
        End other = new End(TWO, tls(expired))) {
      awaitRefusal("TLS: refused the peer at 127.0.0.1", "has expired");
      awaitRefusal("TLS: no connection to peer 1", "its log says why");
      assertEquals(0, member.messages.get() + other.messages.get());
    }
  }

  @Test
  void tellsOfACallerWithoutTls() throws Exception {
    try (End member = new End(ONE, tls(authority.member(HOST)))) {
      try (Socket stranger = new Socket(HOST, ports[1])) {
        stranger.getOutputStream().write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes());
        assertEquals(-1, stranger.getInputStream().read());
      }
      awaitRefusal("TLS: refused the peer at 127.0.0.1", "give every member https:// peer URLs");
    }
  }

  @Test
  void tellsOfAPeerWithoutTls() throws Exception {
    try (End member = new End(ONE, tls(authority.member(HOST)));
        End plain = new End(TWO, PeerSecurity.plaintext())) {
      awaitRefusal("TLS: no connection to peer 2", "give every member https:// peer URLs");
      assertEquals(0, member.messages.get() + plain.messages.get());
    }
  }

  @Test
  void callsWithAndWithoutTlsAsTheUrlSays() throws Exception {
    PeerSecurity half =
        PeerSecurity.tlsForCallsOnly(new PeerAuthority.Replaceable(authority.member(HOST)));
    List<String> schemes = List.of("", "https", "http");
    try (End secure = new End(ONE, tls(authority.member(HOST)), schemes);
        End plain = new End(TWO, half, schemes)) {
      secure.awaitArrivalAt(plain);
      plain.awaitArrivalAt(secure);
    }
  }

  @Test
  void newConnectionsShowWhatIsNewest() throws Exception {
    PeerAuthority.Replaceable ofOne = new PeerAuthority.Replaceable(authority.member(HOST));
    PeerAuthority.Replaceable ofTwo = new PeerAuthority.Replaceable(authority.member(HOST));
    PeerSecurity security = PeerSecurity.tls(ofTwo);
    try (End one = new End(ONE, PeerSecurity.tls(ofOne))) {
      try (End two = new End(TWO, security)) {
        one.awaitArrivalAt(two);
        two.awaitArrivalAt(one);
        PeerAuthority next = new PeerAuthority("next");
        ofOne.replace(next.member(HOST));
        ofTwo.replace(next.member(HOST));
        // What stands goes on.
        one.awaitArrivalAt(two);
        two.awaitArrivalAt(one);
      }
      try (End again = new End(TWO, security)) {
        one.awaitArrivalAt(again);
        again.awaitArrivalAt(one);
      }
    }
    assertFalse(refusals.stream().anyMatch(line -> line.contains("signed by")), refusals::toString);
  }

  @Test
  void silentConnectionsAreBoundedInNumber() throws Exception {
    List<Socket> silent = new ArrayList<>();
    try (End member = new End(ONE, tls(authority.member(HOST)))) {
      for (int i = 0; i < TlsNegotiator.HANDSHAKES_MAX; i++) {
        silent.add(new Socket(HOST, ports[1]));
      }
      // Those before it have been accepted once it has, as they come in order.
      try (Socket tooMany = new Socket(HOST, ports[1])) {
        tooMany.setSoTimeout(5_000);
        assertEquals(-1, tooMany.getInputStream().read());
      }
      awaitRefusal("TLS: refused the peer at 127.0.0.1", "too many connections");
      for (Socket socket : silent) {
        socket.close();
      }
      try (End other = new End(TWO, tls(authority.member(HOST)))) {
        other.awaitArrivalAt(member);
      }
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  @Test
  void silentConnectionsAreClosed() throws Exception {
    try (End member = new End(ONE, tls(authority.member(HOST)));
        Socket silent = new Socket(HOST, ports[1])) {
      silent.setSoTimeout((int) (2 * TlsNegotiator.HANDSHAKE_MILLIS_MAX));
      assertEquals(-1, silent.getInputStream().read());
      awaitRefusal("TLS: refused the peer at 127.0.0.1", "took too long");
    }
  }

  private static PeerSecurity tls(PeerAuthority.Shown shown) throws Exception {
    return PeerSecurity.tls(new PeerAuthority.Replaceable(shown));
  }

  private String url(String scheme, long id) {
    return scheme + "://" + HOST + ":" + ports[(int) id];
  }

  private long count(String beginning) {
    return refusals.stream().filter(line -> line.startsWith(beginning)).count();
  }

  private void awaitRefusal(String beginning, String part) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (refusals.stream().noneMatch(line -> line.startsWith(beginning) && line.contains(part))) {
      assertTrue(
          System.nanoTime() < end, () -> beginning + " ... " + part + " is not in " + refusals);
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private record Content(SnapshotMetadata metadata) implements SnapshotContent {
    @Override
    public void forEach(SnapshotRecordConsumer consumer) throws IOException {
      for (int i = 0; i < 100; i++) {
        consumer.accept(1, ("key" + i).getBytes(), new byte[50_000]);
      }
    }

    @Override
    public void close() {
      // Nothing is pinned.
    }
  }

  /** One member's transport. */
  private final class End implements TransportListener, AutoCloseable {
    private final long id;
    private final PeerTransport transport;
    private final AtomicInteger messages = new AtomicInteger();
    private final BlockingQueue<Boolean> reports = new LinkedBlockingQueue<>();
    private final BlockingQueue<ReceivedSnapshot> arrived = new LinkedBlockingQueue<>();

    End(long id, PeerSecurity security) throws IOException {
      this(id, security, List.of("", "https", "https"));
    }

    /**
     * @param schemes of the members' URLs, by id
     */
    End(long id, PeerSecurity security, List<String> schemes) throws IOException {
      this.id = id;
      Membership both =
          Membership.founding(
              List.of(
                  MemberRecord.added(ONE, List.of(url(schemes.get(1), ONE)), false),
                  MemberRecord.added(TWO, List.of(url(schemes.get(2), TWO)), false)));
      transport =
          new PeerTransport(
              PeerTransportConfig.plaintext(
                      CLUSTER,
                      id,
                      List.of(new InetSocketAddress(HOST, ports[(int) id])),
                      both.members().get(id).peerUrls())
                  .withSecurity(security),
              SnapshotFiles.open(new RealDisk(), directory.resolve("snap" + id), CLUSTER),
              new Bystander(both),
              new RefusalLog(refusals::add));
      transport.follow(both);
      transport.start(this);
      transport.listen();
    }

    void send(long peer) {
      transport.send(new Heartbeat(id, peer, 5, 0, 0));
    }

    void awaitArrivalAt(End other) throws InterruptedException {
      int before = other.messages.get();
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (other.messages.get() == before) {
        assertTrue(System.nanoTime() < end, () -> "nothing arrives: " + refusals);
        send(other.id);
        TimeUnit.MILLISECONDS.sleep(5);
      }
    }

    @Override
    public void receive(Message message) {
      messages.incrementAndGet();
    }

    @Override
    public CompletionStage<Void> receiveSnapshot(
        InstallSnapshot message, ReceivedSnapshot snapshot) {
      arrived.add(snapshot);
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void fail(Throwable cause) {
      throw new AssertionError(cause);
    }

    @Override
    public void unreachable(long peerId) {
      // Expected while the other is refused or away.
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
    }
  }
}
