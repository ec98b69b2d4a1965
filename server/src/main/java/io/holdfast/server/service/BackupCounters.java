package io.holdfast.server.service;

/**
 * What became of a member's scheduled backups since its start.
 *
 * @param succeededTotal backups that were written, checked and made durable
 * @param failedTotal backups that were not
 * @param lastSuccessMillis when the last one succeeded, in milliseconds since 1970; 0 for never, as
 *     far as the directory tells
 * @param lastSizeBytes its size
 * @param lastDurationNanos how long it took
 * @param kept checked backups of this member in the directory
 */
public record BackupCounters(
    long succeededTotal,
    long failedTotal,
    long lastSuccessMillis,
    long lastSizeBytes,
    long lastDurationNanos,
    int kept) {}
