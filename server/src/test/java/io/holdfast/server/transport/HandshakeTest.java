package io.holdfast.server.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.PutResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who is talked to; any service stands for those of peers. */
@Timeout(60)
class HandshakeTest {
  private static final long CLUSTER = 0xc1;
  private static final long SELF = 1;
  private static final long OTHER = 2;

  private final List<String> told = new ArrayList<>();
  private final List<Long> admitted = new ArrayList<>();
  private Server server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    KVGrpc.KVImplBase service =
        new KVGrpc.KVImplBase() {
          @Override
          public void put(PutRequest request, StreamObserver<PutResponse> answer) {
            answer.onNext(PutResponse.getDefaultInstance());
            answer.onCompleted();
          }
        };
    String name = InProcessServerBuilder.generateName();
    server =
        InProcessServerBuilder.forName(name)
            .directExecutor()
            .addService(
                ServerInterceptors.intercept(
                    service,
                    Handshake.server(
                        CLUSTER,
                        SELF,
                        new PeerBook(SELF, List.of("http://self:1")),
                        (member, urls) -> admitted.add(member),
                        new RefusalLog(told::add))))
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  private void call(long cluster, long from, long to) {
    KVGrpc.newBlockingStub(channel)
        .withInterceptors(
            Handshake.client(cluster, from, to, () -> List.of("http://other:1"), () -> {}))
        .put(PutRequest.getDefaultInstance());
  }

  private void refused(String why, long cluster, long from, long to) {
    StatusRuntimeException refusal =
        assertThrows(StatusRuntimeException.class, () -> call(cluster, from, to));
    assertEquals(Status.Code.FAILED_PRECONDITION, refusal.getStatus().getCode());
    String text = refusal.getStatus().getDescription();
    assertTrue(text.startsWith(why), text);
    assertTrue(told.get(told.size() - 1).contains(why), told.toString());
    assertEquals(List.of(), admitted);
  }

  @Test
  void membersOfOneClusterTalk() {
    call(CLUSTER, OTHER, SELF);
    assertEquals(List.of(OTHER), admitted);
    assertEquals(List.of(), told);
  }

  @Test
  void anotherClusterIsToldSoAndHowToMendIt() {
    refused(
        "cluster ID mismatch: the caller is of cluster c2, this member of c1: give all members the"
            + " same --initial-cluster and --initial-cluster-token",
        0xc2,
        OTHER,
        SELF);
  }

  @Test
  void aCallForAnotherMemberIsRefused() {
    refused("the call is for member 3, this is 1: correct the peer URLs", CLUSTER, OTHER, 3);
  }
}
