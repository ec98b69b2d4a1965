package io.holdfast.server.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names that damaged files are kept under once they are out of use: never deleted by this
 * program, as somebody may want to look at them or to save what is in them.
 */
public final class SetAside {
  private static final Pattern SUFFIX = Pattern.compile(".*\\.damaged-(\\d{1,4})");

  private SetAside() {}

  /** Where a file of that name goes. */
  public static String name(String original, int number) {
    return original + ".damaged-" + number;
  }

  public static boolean isSetAside(String name) {
    return SUFFIX.matcher(name).matches();
  }

  /** One more than the highest number in use in these directories. */
  public static int nextNumber(Disk disk, Path... directories) throws IOException {
    int highest = 0;
    for (Path directory : directories) {
      for (String name : disk.list(directory)) {
        Matcher matcher = SUFFIX.matcher(name);
        if (matcher.matches()) {
          highest = Math.max(highest, Integer.parseInt(matcher.group(1)));
        }
      }
    }
    return highest + 1;
  }
}
