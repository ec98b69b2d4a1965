package io.holdfast.server.service;

import java.util.List;

/**
 * One member of the cluster.
 *
 * @param name empty until the member has started for the first time
 * @param clientUrls what the member tells its clients to use; empty until it has started
 */
public record ClusterMember(
    long memberId, String name, List<String> peerUrls, List<String> clientUrls, boolean learner) {}
