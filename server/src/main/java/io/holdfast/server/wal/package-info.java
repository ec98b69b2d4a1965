/**
 * The write-ahead log: what a member promised, on disk before the promise is given.
 *
 * <h2>Files</h2>
 *
 * A directory holds segments named by a rising sequence number, a lock, and at times one spare file
 * that will become the next segment. A segment is filled with zeros to its full size and synced
 * before it gets its name, so that later writes change only data, never the file system's own
 * tables, and one {@code fdatasync} is one disk write.
 *
 * <pre>
 * segment  head (512 bytes: identity, sequence, size, chain value of the segment before) batch* zeros
 * batch    header (32 bytes: magic, length, own position, sequence, chain value, own checksum)
 *          record+ end mark (8 bytes)
 * record   length, chained checksum, kind, entry type, mask, payload, padding to 8 bytes
 * </pre>
 *
 * All numbers are little-endian. The first batch of every segment repeats the hard state and the
 * last snapshot mark, so the segments before it can go when their entries are no longer needed.
 *
 * <h2>Telling a torn tail from damage</h2>
 *
 * One batch is one write followed by one sync, and the next batch is written only after that sync
 * succeeded. So only the last batch can be incomplete, and the space it was written to held zeros:
 * a sector (512 bytes) of it that never arrived reads as zeros. No complete sector inside a batch
 * is ever all zeros (a record that would have one is masked: XORed with a repeated 16-bit number)
 * and the last bytes of a batch never are. Therefore:
 *
 * <ul>
 *   <li>a bad batch with a missing sector or a missing end, and no valid batch after it, is a torn
 *       write that nobody was told about: it is cut, and its bytes are zeroed;
 *   <li>anything else that does not check out is damage to something that may have been
 *       acknowledged: the log is refused, unchanged, naming the file and the position.
 * </ul>
 */
package io.holdfast.server.wal;
