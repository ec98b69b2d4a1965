/**
 * The load generator: measures any endpoint that speaks the etcd v3 protocol.
 *
 * <p>Every simulated client has one request under way and sends the next when the answer comes (a
 * closed loop), from the event loop's own thread, so that the generator itself costs as little as
 * possible on the machine it shares with the servers. Two targets are compared in alternating
 * windows of one warm process, because absolute rates drift on shared machines while ratios hold.
 */
package io.holdfast.server.cli.bench;
