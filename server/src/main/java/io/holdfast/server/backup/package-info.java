/**
 * The operator's files: backups of a member's whole state, and what is made of them.
 *
 * <p>A backup is the stream of a snapshot (room {@code snapshot}), with some facts about its origin
 * as records of their own, then zeros up to a multiple of 512 bytes, then the SHA-256 of all that.
 * The form of the end is what {@code etcdctl snapshot save} insists on. Whatever byte of it
 * changes, reading it ends with an error that names the part: header, a record by its number,
 * footer, padding or SHA-256.
 */
package io.holdfast.server.backup;
