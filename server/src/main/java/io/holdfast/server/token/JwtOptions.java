package io.holdfast.server.token;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How tokens are signed and which are taken.
 *
 * @param publicKey verifies; that of the private key when there is none
 * @param privateKey signs, and is the whole secret of the HMAC methods. Without one this member
 *     takes tokens but makes none
 * @param ttlMillis how long a token is good for, from its making on; positive
 * @param audience what tokens have to be meant for, and are made for. Without one, tokens that name
 *     an audience are somebody else's
 */
public record JwtOptions(
    SigningMethod method,
    Optional<Path> publicKey,
    Optional<Path> privateKey,
    long ttlMillis,
    Optional<String> audience) {}
