package io.holdfast.server.service;

import java.util.List;

/**
 * What adding a member brought about.
 *
 * @param member the new one
 * @param members all members, the new one included, in the order of their ids
 */
public record AddedMember(ClusterMember member, List<ClusterMember> members) {}
