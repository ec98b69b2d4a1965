/** The commands about backups: taking one from a running member, looking at one, using one. */
package io.holdfast.server.cli.snapshot;
