/**
 * Watches: every change of a range, once, in revision order, never a part of a revision.
 *
 * <p>A watcher is <em>synced</em> when it has seen all that is applied: new events reach it
 * directly. Otherwise it is <em>unsynced</em> and reads its events from history, in bounded steps,
 * beside the others. A synced watcher whose client does not read falls back to unsynced (a
 * <em>victim</em>): nothing is queued for it, it goes on from its next revision when the client is
 * ready again.
 */
package io.holdfast.server.watch;
