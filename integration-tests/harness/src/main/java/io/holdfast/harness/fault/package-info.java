/**
 * What breaks members from outside, by the means of the operating system: power cuts, failing and
 * slow system calls, pauses, clocks that jump, networks that lose. Most of it needs root; each
 * class says what it needs and whether it can be had here.
 */
package io.holdfast.harness.fault;
