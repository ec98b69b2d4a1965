package io.holdfast.server.transport;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.transport.wire.PeerMembersRequest;
import io.holdfast.server.transport.wire.PeerMembersResponse;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Asks a running member who belongs to its cluster, as one does who is not (or not knowingly) a
 * member: over a connection of its own, before anything is started or written.
 */
public final class MemberInquiry {
  private static final int ANSWER_BYTES_MAX = 4 << 20;

  private MemberInquiry() {}

  /**
   * What a member said.
   *
   * @param removedIds ids that were in the cluster and never will be again
   */
  public record Answer(long clusterId, List<MemberRecord> members, Set<Long> removedIds) {}

  /**
   * Asks, and waits for the answer.
   *
   * @param peerUrl where the member is reached by its peers
   * @throws IOException when there is no answer in time, with the reason in a few words
   */
  public static Answer ask(String peerUrl, PeerSecurity security, long millisMax)
      throws IOException {
    URI url = URI.create(peerUrl);
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress(url.getHost(), url.getPort())
            .directExecutor()
            .disableRetry()
            .maxInboundMessageSize(ANSWER_BYTES_MAX)
            .intercept(Handshake.stranger());
    security.protect(builder, url);
    ManagedChannel channel = builder.build();
    try {
      PeerMembersResponse response =
          ClientCalls.blockingUnaryCall(
              channel,
              PeerMethods.MEMBERS,
              CallOptions.DEFAULT.withDeadlineAfter(millisMax, TimeUnit.MILLISECONDS),
              PeerMembersRequest.getDefaultInstance());
      return new Answer(
          response.getClusterId(),
          MembershipMessages.members(response.getMembersList()),
          Set.copyOf(response.getRemovedIdsList()));
    } catch (StatusRuntimeException e) {
      throw new IOException(reason(e.getStatus()), e);
    } catch (IllegalArgumentException e) {
      throw new IOException("its answer makes no sense: " + e.getMessage(), e);
    } finally {
      channel.shutdownNow();
    }
  }

  private static String reason(Status status) {
    if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
      return "no answer in time";
    }
    Optional<String> tls = TlsFailure.of(status.getCause());
    if (tls.isPresent()) {
      return "TLS: " + tls.get();
    }
    Throwable deepest = status.getCause();
    while (deepest != null && deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return deepest != null && deepest.getMessage() != null
        ? deepest.getMessage()
        : status.getCode()
            + (status.getDescription() == null ? "" : ": " + status.getDescription());
  }
}
