package io.holdfast.server.mvcc;

import java.util.List;

/**
 * All that one revision changed: the unit of atomicity that watchers are promised.
 *
 * @param revision the main revision
 * @param events in the order of the operations inside it; read only, never empty
 */
public record CommittedRevision(long revision, List<Event> events) {}
