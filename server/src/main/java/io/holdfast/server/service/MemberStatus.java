package io.holdfast.server.service;

import java.util.List;
import java.util.Optional;

/**
 * How one member does.
 *
 * @param version the etcd API version the member reports
 * @param databaseSizeBytes the size of the store's file
 * @param databaseSizeInUseBytes the part of it that holds live data
 * @param leaderId the leader the member knows; 0 when none
 * @param raftIndex the member's commit index
 * @param raftTerm the member's term
 * @param raftAppliedIndex the index up to which the member has applied
 * @param errors what ails the member, in plain words; empty when nothing
 * @param learner whether the member does not vote
 * @param storageVersion the etcd version of cluster and storage that is reported
 * @param databaseQuotaBytes the size at which puts are refused; negative when unlimited
 * @param downgradeTarget the version the cluster is being downgraded to; empty when none is under
 *     way
 */
public record MemberStatus(
    String version,
    long databaseSizeBytes,
    long databaseSizeInUseBytes,
    long leaderId,
    long raftIndex,
    long raftTerm,
    long raftAppliedIndex,
    List<String> errors,
    boolean learner,
    String storageVersion,
    long databaseQuotaBytes,
    Optional<String> downgradeTarget) {}
