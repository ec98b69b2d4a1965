/**
 * Signed tokens: JSON Web Tokens that every member can check by itself, with the key files that
 * they are signed and verified with.
 */
package io.holdfast.server.token;
