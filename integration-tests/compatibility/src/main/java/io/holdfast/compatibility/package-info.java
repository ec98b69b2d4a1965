/**
 * The differential test: a seeded generator's calls go to a real etcd and to Holdfast, and every
 * field of every answer is compared. A difference that nobody explained is shrunk to a short script
 * and fails the run; the explained ones are the table in {@link
 * io.holdfast.compatibility.KnownDifferences}.
 */
package io.holdfast.compatibility;
