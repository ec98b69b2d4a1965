/**
 * Keys, certificates and what is demanded of the other side's: read from files when a member
 * starts, and again when the files change.
 */
package io.holdfast.server.tls;
