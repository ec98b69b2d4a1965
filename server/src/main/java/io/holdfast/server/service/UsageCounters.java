package io.holdfast.server.service;

/**
 * What a member's store was used for since the member started.
 *
 * @param ranges ranges read, those within transactions too
 * @param puts puts applied, those within transactions too
 * @param putBytes bytes of the keys and values put
 * @param deletes deletions of ranges applied, however many keys each removed
 * @param txns transactions that did more than one thing
 * @param compacted records removed because a compaction had made them unreadable
 * @param leasesGranted leases granted
 * @param leasesRenewed times that this member, as the leader, prolonged a lease
 * @param leasesRevoked leases that ended, by expiry or by request
 * @param leasesExpired leases that this member, as the leader, found expired
 * @param timesToLive of the leases granted
 */
public record UsageCounters(
    long ranges,
    long puts,
    long putBytes,
    long deletes,
    long txns,
    long compacted,
    long leasesGranted,
    long leasesRenewed,
    long leasesRevoked,
    long leasesExpired,
    TimesToLive timesToLive) {}
