package io.holdfast.server.service;

/**
 * What every answer tells about the member that gave it.
 *
 * @param clusterId the cluster's identity; compares unsigned
 * @param memberId the identity of the member that answered; compares unsigned
 * @param revision the store's revision when the answer was made; 0 where the protocol leaves it out
 * @param raftTerm the member's current term
 */
public record ResponseHeader(long clusterId, long memberId, long revision, long raftTerm) {}
