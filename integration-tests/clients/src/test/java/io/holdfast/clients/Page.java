package io.holdfast.clients;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A page of which runs write parts; what stands outside their marks stays as it is. */
final class Page {
  private Page() {}

  /**
   * Puts {@code text} in the place of what an earlier run wrote.
   *
   * @throws IllegalStateException when the page has no such place
   */
  static void write(Path page, String part, String text) {
    String begin = "<!-- " + part + ": written by the run, do not edit -->";
    String end = "<!-- " + part + ": end -->";
    try {
      String old = Files.readString(page);
      int from = old.indexOf(begin);
      int to = old.indexOf(end);
      if (from < 0 || to < from) {
        throw new IllegalStateException(page + " has no place for the results: " + begin);
      }
      Files.writeString(page, old.substring(0, from) + begin + "\n" + text + old.substring(to));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
