/**
 * The rehearsal: a small cluster under all sorts of load, for half a minute, in which the JVM that
 * records learns what a member does. What it learnt (classes, profiles of the hot methods) lets
 * later members start faster and reach their full speed sooner.
 */
package io.holdfast.server.cli.rehearsal;
