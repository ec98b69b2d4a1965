package io.holdfast.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A file that nobody can read in one sitting has more than one responsibility. */
class SourceFilesTest {
  private static final int LINES_MAX = 700;

  @Test
  void noSourceFileIsTooLongToRead() throws IOException {
    Path root = Path.of("").toAbsolutePath().getParent();
    List<String> tooLong;
    try (Stream<Path> files =
        Stream.of("server", "driver", "config-source")
            .map(module -> root.resolve(module).resolve("src/main/java"))
            .flatMap(SourceFilesTest::below)) {
      List<Path> sources = files.filter(file -> file.toString().endsWith(".java")).toList();
      assertTrue(sources.size() > 100, "found only " + sources.size() + " below " + root);
      tooLong =
          sources.stream()
              .filter(file -> lines(file) > LINES_MAX)
              .map(file -> root.relativize(file) + " has " + lines(file) + " lines")
              .toList();
    }
    assertEquals(List.of(), tooLong, "split by responsibility");
  }

  private static Stream<Path> below(Path directory) {
    try {
      return Files.walk(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long lines(Path file) {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
