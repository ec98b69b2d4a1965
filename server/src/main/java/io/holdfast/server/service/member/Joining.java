package io.holdfast.server.service.member;

import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.error.MemberRemovedException;
import io.holdfast.server.error.StartupException;
import io.holdfast.server.raft.membership.ConfState;
import io.holdfast.server.transport.MemberInquiry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Joins a cluster that exists: asks its members who belongs to it, finds itself there by its peer
 * URLs, and makes sure that everybody means the same cluster.
 */
final class Joining {
  private static final long ASK_MILLIS_MAX = 2_000;

  private final MemberConfig config;
  private final MemberEnvironment environment;

  /** Why nobody could be asked, by URL. */
  private final Map<String, String> silent = new LinkedHashMap<>();

  Joining(MemberConfig config, MemberEnvironment environment) {
    this.config = config;
    this.environment = environment;
  }

  /**
   * The identity that the cluster has given this member when it was added.
   *
   * @throws StartupException when it was not, or the flags do not fit
   */
  Beginning begin() {
    Founding.checkInitialCluster(config);
    if (config.initialCluster().size() == 1) {
      throw new StartupException(
          "--initial-cluster-state=existing, but --initial-cluster names nobody but this member:"
              + " name every member of the cluster");
    }
    // Just added, this member may be unknown to a follower for a moment, but not to all.
    Optional<StartupException> refusal = Optional.empty();
    for (MemberInquiry.Answer answer : answers()) {
      try {
        return joiner(answer);
      } catch (StartupException e) {
        refusal = Optional.of(e);
      }
    }
    throw refusal.orElseGet(this::nobodyAnswered);
  }

  /** The members as far as anybody can be asked; none when nobody answers. */
  Membership knownTo(MemberIdentity identity) {
    for (MemberInquiry.Answer answer : answers()) {
      if (answer.clusterId() == identity.clusterId()) {
        if (answer.removedIds().contains(identity.memberId())) {
          throw new MemberRemovedException(identity.memberId(), config.dataDirectory().toString());
        }
        return membership(answer);
      }
    }
    return Membership.NONE;
  }

  private List<MemberInquiry.Answer> answers() {
    List<MemberInquiry.Answer> answers = new ArrayList<>();
    silent.clear();
    for (Map.Entry<String, List<String>> other : config.initialCluster().entrySet()) {
      if (!other.getKey().equals(config.name())) {
        ask(other.getValue()).ifPresent(answers::add);
      }
    }
    return answers;
  }

  private Optional<MemberInquiry.Answer> ask(List<String> urls) {
    for (String url : urls) {
      try {
        return Optional.of(environment.inquire(url, ASK_MILLIS_MAX));
      } catch (IOException e) {
        silent.put(url, e.getMessage());
      }
    }
    return Optional.empty();
  }

  private Beginning.Joiner joiner(MemberInquiry.Answer answer) {
    MemberRecord self =
        answer.members().stream()
            .filter(member -> Set.copyOf(member.peerUrls()).equals(ownUrls()))
            .findFirst()
            .orElseThrow(() -> notAdded(answer));
    if (!self.clientUrls().isEmpty()) {
      throw new StartupException(
          "the member with the peer URLs "
              + self.peerUrls()
              + " has run before, and its data is not in "
              + config.dataDirectory()
              + ": restore that directory, or remove member "
              + Long.toHexString(self.memberId())
              + " and add it anew");
    }
    checkSameMembers(answer);
    return new Beginning.Joiner(
        new MemberIdentity(answer.clusterId(), self.memberId()), membership(answer));
  }

  private StartupException notAdded(MemberInquiry.Answer answer) {
    return new StartupException(
        "cluster "
            + Long.toHexString(answer.clusterId())
            + " has no member with the peer URLs "
            + String.join(",", config.initialAdvertisePeerUrls())
            + ": add it first, as with etcdctl member add "
            + config.name()
            + " --peer-urls="
            + String.join(",", config.initialAdvertisePeerUrls()));
  }

  private StartupException nobodyAnswered() {
    return new StartupException(
        "no member of the cluster answers "
            + silent
            + ": correct --initial-cluster, or start the cluster first");
  }

  /** Both lists must name the same members: otherwise somebody is mistaken about the cluster. */
  private void checkSameMembers(MemberInquiry.Answer answer) {
    Map<Set<String>, String> namesByUrls = new LinkedHashMap<>();
    config.initialCluster().forEach((name, urls) -> namesByUrls.put(Set.copyOf(urls), name));
    for (MemberRecord member : answer.members()) {
      String name = namesByUrls.remove(Set.copyOf(member.peerUrls()));
      if (name == null || !member.name().isEmpty() && !member.name().equals(name)) {
        throw differing(answer);
      }
    }
    if (!namesByUrls.isEmpty()) {
      throw differing(answer);
    }
  }

  private StartupException differing(MemberInquiry.Answer answer) {
    List<String> actual = new ArrayList<>();
    for (MemberRecord member : answer.members()) {
      boolean self = Set.copyOf(member.peerUrls()).equals(ownUrls());
      String name = self ? config.name() : member.name().isEmpty() ? "?" : member.name();
      member.peerUrls().forEach(url -> actual.add(name + "=" + url));
    }
    return new StartupException(
        "--initial-cluster does not name the members of cluster "
            + Long.toHexString(answer.clusterId())
            + ": give "
            + String.join(",", actual));
  }

  private Set<String> ownUrls() {
    return Set.copyOf(config.initialAdvertisePeerUrls());
  }

  private static Membership membership(MemberInquiry.Answer answer) {
    return new Membership(
        byId(answer.members()), answer.removedIds(), ConfState.ofVoters(new TreeSet<>()));
  }

  private static SortedMap<Long, MemberRecord> byId(Collection<MemberRecord> members) {
    SortedMap<Long, MemberRecord> byId = new TreeMap<>();
    members.forEach(member -> byId.put(member.memberId(), member));
    return byId;
  }
}
