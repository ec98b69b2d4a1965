package io.holdfast.config;

import io.holdfast.driver.Bytes;
import io.holdfast.driver.KeyRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which keys concern an application, and which of them win.
 *
 * <p>From the strongest to the weakest, for an application {@code shop} and a profile {@code prod}:
 *
 * <pre>
 * config/shop,prod/
 * config/shop/
 * config/application,prod/
 * config/application/
 * </pre>
 *
 * <p>All of them are read through one range of keys and one watch, so that a revision that changes
 * several layers is seen as a whole. The range may hold keys of other applications, whose names lie
 * between; those are dropped as they arrive.
 *
 * @param prefixes what the keys of each layer begin with, the strongest first
 */
record Layers(List<Bytes> prefixes) {
  private static final String SHARED = "application";

  /** Where a key belongs: a smaller layer wins over a larger one. */
  record Place(int layer, String property) {}

  static Layers of(String root, Optional<String> application, List<String> profiles) {
    String start = root.isEmpty() || root.endsWith("/") ? root : root + "/";
    List<Bytes> prefixes = new ArrayList<>();
    application
        .filter(name -> !name.equals(SHARED))
        .ifPresent(name -> addLayers(prefixes, start + checked(name), profiles));
    addLayers(prefixes, start + SHARED, profiles);
    return new Layers(List.copyOf(prefixes));
  }

  private static void addLayers(List<Bytes> prefixes, String name, List<String> profiles) {
    for (int index = profiles.size() - 1; index >= 0; index--) {
      prefixes.add(Bytes.utf8(name + "," + checked(profiles.get(index)) + "/"));
    }
    prefixes.add(Bytes.utf8(name + "/"));
  }

  private static String checked(String name) {
    if (name.indexOf('/') >= 0 || name.indexOf(',') >= 0) {
      throw new IllegalArgumentException(
          "the name `"
              + name
              + "` of an application or profile must not hold a slash or a comma; set "
              + ConfigSetting.APPLICATION.key());
    }
    return name;
  }

  /** The smallest range that holds every layer. */
  KeyRange range() {
    Bytes first = prefixes.get(0);
    Bytes end = KeyRange.prefix(first).rangeEnd();
    for (Bytes prefix : prefixes) {
      first = prefix.compareTo(first) < 0 ? prefix : first;
      Bytes prefixEnd = KeyRange.prefix(prefix).rangeEnd();
      end = prefixEnd.compareTo(end) > 0 ? prefixEnd : end;
    }
    return KeyRange.of(first, end);
  }

  /** The property that a key is, if it is one of this application's. */
  Optional<Place> place(Bytes key) {
    for (int layer = 0; layer < prefixes.size(); layer++) {
      Bytes prefix = prefixes.get(layer);
      if (key.startsWith(prefix) && key.length() > prefix.length()) {
        String property = key.dropFirst(prefix.length()).asUtf8().replace('/', '.');
        return Optional.of(new Place(layer, property));
      }
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return String.join(" > ", prefixes.stream().map(Bytes::toString).toList());
  }
}
