package io.holdfast.server.app.log;

import java.time.Duration;

/**
 * When a log's file is set aside, and how long what was set aside is kept. The settings are etcd's.
 *
 * @param bytes a file of this size is set aside
 * @param backups how many of those are kept; 0 for all
 * @param age how long they are kept; zero for ever
 * @param localTime whether their names tell the time of this place, not UTC
 * @param compressed whether they are compressed
 */
public record LogRotation(
    long bytes, int backups, Duration age, boolean localTime, boolean compressed) {}
