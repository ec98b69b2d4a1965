package io.holdfast.config;

import io.holdfast.driver.Bytes;
import io.holdfast.driver.KeyValue;
import io.holdfast.driver.WatchEvent;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The application's keys as the watch tells them, and how they become properties. Used by the watch
 * alone; not thread-safe.
 */
final class StoredKeys {
  private static final System.Logger LOG = System.getLogger(StoredKeys.class.getName());

  private final Layers layers;
  private final Map<Bytes, KeyValue> keys = new TreeMap<>();

  StoredKeys(Layers layers) {
    this.layers = layers;
  }

  void replaceAll(List<KeyValue> listing) {
    keys.clear();
    listing.forEach(this::put);
  }

  void apply(List<WatchEvent> events) {
    for (WatchEvent event : events) {
      if (event.type() == WatchEvent.Type.DELETE) {
        keys.remove(event.keyValue().key());
      } else {
        put(event.keyValue());
      }
    }
  }

  private void put(KeyValue keyValue) {
    if (layers.place(keyValue.key()).isPresent()) {
      keys.put(keyValue.key(), keyValue);
    }
  }

  int size() {
    return keys.size();
  }

  /**
   * The properties at a revision. Of two keys that name the same property the one in the stronger
   * layer wins, and in the same layer ({@code a/b} and {@code a.b}) the one changed last.
   */
  ConfigSnapshot snapshot(long revision) {
    Map<String, ConfigSnapshot.Property> properties = new HashMap<>();
    Map<String, Integer> layerOf = new HashMap<>();
    for (KeyValue keyValue : keys.values()) {
      Layers.Place place = layers.place(keyValue.key()).orElseThrow();
      ConfigSnapshot.Property present = properties.get(place.property());
      boolean wins =
          present == null
              || place.layer() < layerOf.get(place.property())
              || place.layer() == layerOf.get(place.property())
                  && keyValue.modRevision() > present.modRevision();
      if (!wins) {
        continue;
      }
      Optional<String> text = text(keyValue);
      if (text.isPresent()) {
        layerOf.put(place.property(), place.layer());
        properties.put(
            place.property(),
            new ConfigSnapshot.Property(
                text.get(), keyValue.key().asUtf8(), keyValue.modRevision()));
      }
    }
    return new ConfigSnapshot(revision, properties);
  }

  /** A value as text; what is not UTF-8 is no configuration, and is left out. */
  private static Optional<String> text(KeyValue keyValue) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(keyValue.value().toByteArray()))
              .toString());
    } catch (CharacterCodingException binary) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the value of {0} at revision {1} is not UTF-8 text, and is left out",
          keyValue.key(),
          Long.toString(keyValue.modRevision()));
      return Optional.empty();
    }
  }
}
