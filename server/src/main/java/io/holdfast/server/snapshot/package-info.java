/**
 * Snapshots of the whole state as streams of checksummed records, and the files they are received
 * into.
 *
 * <pre>
 * header   magic, version, cluster id, length of the metadata, metadata, checksum
 * record   kind (not negative), key length, value length, key, value, checksum
 * footer   -1, number of records, checksum of all that precedes, own checksum
 * </pre>
 *
 * Numbers are little-endian, checksums CRC32C. A record's checksum covers that record, so damage is
 * named where it is; the footer's covers everything, so a lost, repeated or moved record shows too.
 * Nothing may follow the footer.
 */
package io.holdfast.server.snapshot;
