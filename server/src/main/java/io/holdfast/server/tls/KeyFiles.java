package io.holdfast.server.tls;

import java.nio.file.Path;

/**
 * Where an identity lies.
 *
 * @param certificate the certificate, followed by those it was signed with, in PEM
 * @param key its private key in PEM, without a password
 */
public record KeyFiles(Path certificate, Path key) {}
