package io.holdfast.server.transport;

import io.grpc.ManagedChannel;
import io.holdfast.server.apply.Command;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Changes of the membership handed on to the member that leads. */
final class MembershipCalls implements MembershipAuthority {
  /** The leader gives a change up before that, and says why. */
  private static final long DEADLINE_MILLIS = 30_000;

  private final PeerCalls leader;

  MembershipCalls(Supplier<Optional<ManagedChannel>> channel) {
    leader = new PeerCalls(channel, DEADLINE_MILLIS);
  }

  @Override
  public CompletionStage<Changed> change(Command.MembershipChange change) {
    return leader
        .ask(PeerMethods.CHANGE_MEMBERSHIP, MembershipMessages.request(change))
        .thenApply(
            response ->
                new Changed(
                    response.getIndex(), MembershipMessages.members(response.getMembersList())));
  }
}
