package io.holdfast.harness.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;

/**
 * The clock on the wall, as one process sees it, which can be made to jump while it runs (by
 * libfaketime). The monotonic clock goes on truly, as it does when somebody sets a machine's time.
 * A jump is seen within a second.
 */
public final class FakeClock {
  private final Path offset;

  /**
   * @param directory where the clock's setting is kept
   */
  public FakeClock(Path directory) {
    offset = directory.resolve("clock-offset");
    jumpTo(0);
  }

  /** Whether clocks can be faked here; says why not. */
  public static boolean isUsable() {
    return library().isPresent() || Needs.lacking("libfaketime");
  }

  /** What a process has to be started with. */
  public Map<String, String> variables() {
    return Map.of(
        "LD_PRELOAD", library().orElseThrow().toString(),
        "FAKETIME_TIMESTAMP_FILE", offset.toString(),
        "FAKETIME_CACHE_DURATION", "1",
        "FAKETIME_DONT_FAKE_MONOTONIC", "1",
        // Without this the JVM's timed waits return at once.
        "FAKETIME_FORCE_MONOTONIC_FIX", "0",
        "NO_FAKE_STAT", "1");
  }

  /** Sets the clock so many seconds before (negative) or behind the true time. */
  public void jumpTo(long offsetSeconds) {
    try {
      Path next = offset.resolveSibling("clock-offset.next");
      Files.writeString(next, (offsetSeconds < 0 ? "" : "+") + offsetSeconds + "\n");
      Files.move(next, offset, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<Path> library() {
    Path libraries = Path.of("/usr/lib");
    try (DirectoryStream<Path> machines = Files.newDirectoryStream(libraries, "*-linux-gnu*")) {
      for (Path machine : machines) {
        Path library = machine.resolve("faketime/libfaketimeMT.so.1");
        if (Files.exists(library)) {
          return Optional.of(library);
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
