package io.holdfast.server.service;

/** A lease that was granted, with the time to live it really got. */
public record GrantedLease(long leaseId, long ttlSeconds) {}
