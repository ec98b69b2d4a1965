package io.holdfast.server.service.member;

import java.nio.file.Path;
import java.util.Objects;

/**
 * When a member backs itself up.
 *
 * @param directory where the files go; made when missing
 * @param intervalMillis how long from the start to the first, and from one to the next
 * @param keep how many files stay, the newest ones
 */
public record BackupSchedule(Path directory, long intervalMillis, int keep) {
  public BackupSchedule {
    Objects.requireNonNull(directory, "directory");
    if (intervalMillis <= 0 || keep <= 0) {
      throw new IllegalArgumentException(
          "a backup every " + intervalMillis + " ms, of which " + keep + " are kept");
    }
  }
}
