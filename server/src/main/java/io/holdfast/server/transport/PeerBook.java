package io.holdfast.server.transport;

import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Membership;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Whom this member talks to, and where they are. Thread-safe.
 *
 * <p>Besides the members of the applied membership there may be others: a member whose addition is
 * logged but not applied here counts for Raft already, and a member that was away for long learns
 * of new ones only by being called. These are kept apart, in limited number, until the membership
 * says more.
 */
final class PeerBook {
  /** More than can be added while one change is in flight; whoever is refused comes again. */
  private static final int OTHERS_MAX = 64;

  private final long self;
  private List<String> ownUrls;
  private Map<Long, List<String>> members = Map.of();
  private Set<Long> removed = Set.of();
  private final Map<Long, List<String>> others = new LinkedHashMap<>();

  /**
   * @param ownUrls where this member is reached, until a membership says so
   */
  PeerBook(long self, List<String> ownUrls) {
    this.self = self;
    this.ownUrls = List.copyOf(ownUrls);
  }

  /** The membership is another; it may be older than what was known by hearsay. */
  synchronized void follow(Membership membership) {
    Map<Long, List<String>> urls = new TreeMap<>();
    for (MemberRecord member : membership.members().values()) {
      if (member.memberId() == self) {
        ownUrls = member.peerUrls();
      } else {
        urls.put(member.memberId(), member.peerUrls());
      }
    }
    // Who is not in it and was not removed is newer than what is applied here so far.
    members.forEach(others::putIfAbsent);
    members = urls;
    removed = membership.removedIds();
    others.keySet().removeIf(id -> urls.containsKey(id) || removed.contains(id));
  }

  /**
   * Takes note of somebody who is not in the membership (yet).
   *
   * @return false when it was removed, or when there are too many such already
   */
  synchronized boolean expect(long memberId, List<String> urls) {
    if (memberId == self || members.containsKey(memberId)) {
      return true;
    }
    if (removed.contains(memberId)
        || urls.isEmpty()
        || !others.containsKey(memberId) && others.size() >= OTHERS_MAX) {
      return false;
    }
    others.put(memberId, List.copyOf(urls));
    return true;
  }

  synchronized boolean isRemoved(long memberId) {
    return removed.contains(memberId);
  }

  synchronized boolean isKnown(long memberId) {
    return members.containsKey(memberId) || others.containsKey(memberId);
  }

  /** Where this member is reached. */
  synchronized List<String> ownUrls() {
    return ownUrls;
  }

  /** Everybody to keep a connection to. */
  synchronized Map<Long, List<String>> urlsById() {
    Map<Long, List<String>> all = new TreeMap<>(others);
    all.putAll(members);
    return all;
  }
}
