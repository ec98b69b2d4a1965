package io.holdfast.server.service.recipe;

/**
 * A place in a {@link Line}. It is lost with its key; a key that was made anew is another place.
 *
 * @param createRevision orders the places of a line
 */
record Place(byte[] key, long createRevision, long leaseId) {}
