/**
 * What a committed log entry does to the state: the sealed {@link
 * io.holdfast.server.apply.Command}, its rules, and the {@link io.holdfast.server.apply.Applier}
 * that executes it.
 *
 * <p>Everything here is a pure function of (state, command). Whatever is random, timed or a
 * member's own configuration is decided before a command is proposed and travels inside it.
 */
package io.holdfast.server.apply;
