/**
 * Leases: keys that live only as long as their owner keeps them alive.
 *
 * <p>The replicated part (which leases exist, their time to live, their keys) changes only through
 * committed commands. Time is the leader's affair alone: it decides when a lease has run out, and
 * says so by proposing its end.
 */
package io.holdfast.server.lease;
