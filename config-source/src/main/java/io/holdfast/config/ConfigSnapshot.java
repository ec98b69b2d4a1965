package io.holdfast.config;

import java.util.Map;
import java.util.Optional;

/**
 * Every property as it stood at one revision. Immutable, so that readers need no lock.
 *
 * @param revision the revision; 0 before the store was ever reached
 * @param properties the properties by name
 */
record ConfigSnapshot(long revision, Map<String, Property> properties) {
  static final ConfigSnapshot EMPTY = new ConfigSnapshot(0, Map.of());

  /**
   * One property.
   *
   * @param value its value
   * @param key the key it stands under
   * @param modRevision the revision that last changed it
   */
  record Property(String value, String key, long modRevision) {
    /** Where the value comes from, for people. */
    String provenance() {
      return key + "@" + modRevision;
    }
  }

  ConfigSnapshot {
    properties = Map.copyOf(properties);
  }

  Optional<Property> property(String name) {
    return Optional.ofNullable(properties.get(name));
  }
}
