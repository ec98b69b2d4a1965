/**
 * The API for people, under {@code /api/v1}: plain values by key, listings, history, server-sent
 * events and merges, with HTTP's own means (entity tags, conditions, content types, problem
 * details). Every request becomes calls of the gRPC services inside the process, so that the same
 * rules, limits and interceptors hold for all forms of the client API.
 */
package io.holdfast.server.rest.v1;
