package io.holdfast.server.apply;

import java.util.List;

/**
 * One member as the cluster knows it.
 *
 * @param memberId unsigned, never 0, never given to another member again
 * @param name empty until the member has started for the first time
 * @param peerUrls where the other members reach it, sorted; at least one
 * @param clientUrls what it tells its clients to use; empty until it has started
 * @param learner whether it gets the log but has no vote
 */
public record MemberRecord(
    long memberId, String name, List<String> peerUrls, List<String> clientUrls, boolean learner) {
  public MemberRecord {
    if (memberId == 0) {
      throw new IllegalArgumentException("0 is no member id");
    }
    peerUrls = peerUrls.stream().sorted().toList();
    clientUrls = List.copyOf(clientUrls);
    if (peerUrls.isEmpty()) {
      throw new IllegalArgumentException("a member has at least one peer URL");
    }
  }

  /** A member that has not started yet. */
  public static MemberRecord added(long memberId, List<String> peerUrls, boolean learner) {
    return new MemberRecord(memberId, "", peerUrls, List.of(), learner);
  }

  /** Whether the member has ever run: it publishes its name when it does. */
  public boolean isStarted() {
    return !name.isEmpty();
  }

  MemberRecord withAttributes(String newName, List<String> newClientUrls) {
    return new MemberRecord(memberId, newName, peerUrls, newClientUrls, learner);
  }

  MemberRecord withPeerUrls(List<String> newPeerUrls) {
    return new MemberRecord(memberId, name, newPeerUrls, clientUrls, learner);
  }

  MemberRecord asVoter() {
    return new MemberRecord(memberId, name, peerUrls, clientUrls, false);
  }
}
