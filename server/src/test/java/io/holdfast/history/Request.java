package io.holdfast.history;

import java.util.List;

/** What a client asked for. Values of puts are unique in a history, so that each can be traced. */
public sealed interface Request {

  /**
   * @param leaseId 0 for none
   * @param previousWanted whether the answer shall carry the version before
   */
  record Put(String key, String value, long leaseId, boolean previousWanted) implements Request {}

  record Delete(KeyInterval keys, boolean previousWanted) implements Request {}

  /**
   * @param revision 0 for the latest
   * @param limit 0 for all
   * @param serializable whether a stale answer of one member was asked for
   */
  record Range(KeyInterval keys, long revision, long limit, boolean serializable)
      implements Request {}

  /** Several steps at one revision; {@code compares} choose between the two lists. */
  record Txn(List<Compare> compares, List<Request> success, List<Request> failure)
      implements Request {
    public Txn {
      compares = List.copyOf(compares);
      success = List.copyOf(success);
      failure = List.copyOf(failure);
    }
  }

  /** Ends a lease, and with it its keys. */
  record Revoke(long leaseId) implements Request {}

  /** A condition: the key's value equals this one; an absent key equals nothing. */
  record Compare(String key, String value) {}
}
