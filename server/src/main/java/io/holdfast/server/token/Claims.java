package io.holdfast.server.token;

/**
 * What a signed token says, by etcd's names: {@code username}, {@code revision} and {@code exp}.
 *
 * @param authRevision of the users and permissions when the user signed in
 * @param endMillis since 1970; the token is not good any more from then on
 */
public record Claims(String user, long authRevision, long endMillis) {}
