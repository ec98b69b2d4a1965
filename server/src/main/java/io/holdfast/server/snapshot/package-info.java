/**
 * Snapshots of the whole state as streams of checksummed records, and the files they are received
 * into.
 *
 * <pre>
 * header   magic, version, cluster id, checksum
 * record   kind (not negative), key length, value length, key, value, checksum
 * footer   -1, length of the metadata, metadata (index, term, membership), number of records,
 *          checksum of all that precedes, own checksum
 * </pre>
 *
 * Numbers are little-endian, checksums CRC32C. A record's checksum covers that record, so damage is
 * named where it is; the footer's covers everything, so a lost, repeated or moved record shows too.
 * Nothing may follow the footer.
 *
 * <p>What differs from one moment and member to the next stands at the end, and the history, which
 * only ever grows, stands first. So the streams of two moments, even of two members, begin with the
 * same bytes: an interrupted transfer goes on where it stopped, whoever sends the rest.
 */
package io.holdfast.server.snapshot;
