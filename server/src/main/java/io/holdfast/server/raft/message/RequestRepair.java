package io.holdfast.server.raft.message;

/**
 * A member whose log was lost asks its leader how far it has to come before its word counts again.
 *
 * @param attempt fresh for every run of the member, so that no older answer is taken for this one's
 * @param lastIndex where its log ends now; what it acknowledged beyond is void
 */
public record RequestRepair(long from, long to, long term, long attempt, long lastIndex)
    implements Message {}
