package io.holdfast.server.node;

/**
 * The beginning of a snapshot's stream, as a receiver holds it from an earlier transfer that was
 * interrupted.
 *
 * @param bytes its length
 * @param sha256 its digest, 32 bytes; not changed by anybody
 */
public record HeldPrefix(long bytes, byte[] sha256) {
  /** No two prefixes of one list are further apart, which bounds what a sender has to keep. */
  public static final int SPACING_BYTES_MAX = 8 << 20;
}
