package io.holdfast.server.transport;

/**
 * What went to and came from a peer since this member started.
 *
 * @param connected whether this member's connection to the peer stands
 * @param disconnections how often that connection was lost
 * @param sentBytes bytes of messages sent
 * @param receivedBytes bytes of messages received
 * @param sendFailures messages dropped because there was no connection, or no room before it
 * @param roundTripBoundsSeconds upper bounds of the buckets, the last one infinite
 * @param roundTripCounts answers within each bound
 * @param roundTripSumSeconds the time of all answers
 */
public record PeerFigures(
    long peerId,
    boolean connected,
    long disconnections,
    long sentBytes,
    long receivedBytes,
    long sendFailures,
    double[] roundTripBoundsSeconds,
    long[] roundTripCounts,
    double roundTripSumSeconds) {}
