package io.holdfast.server.raft;

/**
 * What a member must find again after a restart besides its log (Raft paper, figure 2).
 *
 * <p>Term and vote have to be durable before any message that follows from them leaves. The commit
 * index is stored for a quick restart only and needs no sync of its own.
 *
 * @param term the latest election period this member has seen; 0 on first boot
 * @param vote the member voted for in {@code term}; 0 = none
 * @param commit the highest index known to be committed
 */
public record HardState(long term, long vote, long commit) {
  /** A member that has never run. */
  public static final HardState INITIAL = new HardState(0, 0, 0);
}
