package io.holdfast.server.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.apply.MemberRecord;
import io.holdfast.server.apply.Membership;
import io.holdfast.server.raft.membership.ConfState;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PeerBookTest {
  private static final long SELF = 1;

  private final PeerBook book = new PeerBook(SELF, List.of("http://self:1"));

  @Test
  void talksToTheOthersAndKnowsItsOwnAddress() {
    book.follow(membership(Set.of(), SELF, 2, 3));
    assertEquals(Map.of(2L, List.of("http://m2:1"), 3L, List.of("http://m3:1")), book.urlsById());
    assertEquals(List.of("http://m1:1"), book.ownUrls());
  }

  @Test
  void keepsWhoIsLoggedButNotAppliedUntilItIs() {
    book.follow(membership(Set.of(), SELF, 2));
    assertTrue(book.expect(3, List.of("http://early:1")));
    book.follow(membership(Set.of(), SELF, 2));
    assertEquals(List.of("http://early:1"), book.urlsById().get(3L));
    book.follow(membership(Set.of(), SELF, 2, 3));
    assertEquals(List.of("http://m3:1"), book.urlsById().get(3L));
  }

  @Test
  void keepsWhoIsNewerThanAnOldMembershipThatIsBeingApplied() {
    book.follow(membership(Set.of(), SELF, 2, 3));
    book.follow(membership(Set.of(), 2));
    assertTrue(book.isKnown(3));
    book.follow(membership(Set.of(3L), SELF, 2));
    assertFalse(book.isKnown(3));
  }

  @Test
  void neverTalksToTheRemovedAgain() {
    book.follow(membership(Set.of(3L), SELF, 2));
    assertTrue(book.isRemoved(3));
    assertFalse(book.expect(3, List.of("http://m3:1")));
    assertFalse(book.isKnown(3));
  }

  @Test
  void boundsWhomItKnowsByHearsay() {
    book.follow(membership(Set.of(), SELF));
    for (long id = 2; id < 66; id++) {
      assertTrue(book.expect(id, List.of("http://m:1")));
    }
    assertFalse(book.expect(66, List.of("http://m:1")));
    assertFalse(book.expect(67, List.of()), "who gives no address cannot be called back");
  }

  private static Membership membership(Set<Long> removed, long... ids) {
    SortedMap<Long, MemberRecord> members = new TreeMap<>();
    for (long id : ids) {
      members.put(id, MemberRecord.added(id, List.of("http://m" + id + ":1"), false));
    }
    return new Membership(members, removed, ConfState.ofVoters(members.keySet()));
  }
}
