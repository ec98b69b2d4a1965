package io.holdfast.server.service;

/**
 * @param authRevision counts the changes of users and roles, from 1
 */
public record AuthStatus(boolean enabled, long authRevision) {}
