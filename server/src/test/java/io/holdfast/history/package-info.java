/**
 * Checks of what clients saw: plain records of calls, answers and watches, and judges over them.
 * Used by the simulation and by the runs on real processes, each of which records in its own way.
 */
package io.holdfast.history;
