/**
 * Users, roles and what they may do with keys: a part of the replicated state, changed by committed
 * commands alone. Passwords come here as hashes, tokens as digests; neither is ever known here.
 */
package io.holdfast.server.auth;
