/**
 * Members as processes of the operating system: started, paused, killed and restarted as an
 * operator or a broken machine would, for Holdfast and, in the same words, for etcd.
 */
package io.holdfast.harness;
