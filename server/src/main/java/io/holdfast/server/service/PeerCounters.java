package io.holdfast.server.service;

/**
 * What went to and came from another member since this one started.
 *
 * @param memberId the other one
 * @param connected whether this member's connection to it stands
 * @param disconnections how often that connection was lost
 * @param sentBytes bytes of messages sent
 * @param receivedBytes bytes of messages received
 * @param sendFailures messages that could not be sent
 * @param roundTripBoundsSeconds upper bounds of the buckets, the last one infinite
 * @param roundTripCounts answers within each bound
 * @param roundTripSumSeconds the time of all answers
 */
public record PeerCounters(
    long memberId,
    boolean connected,
    long disconnections,
    long sentBytes,
    long receivedBytes,
    long sendFailures,
    double[] roundTripBoundsSeconds,
    long[] roundTripCounts,
    double roundTripSumSeconds) {}
