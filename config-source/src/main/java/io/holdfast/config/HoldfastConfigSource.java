package io.holdfast.config;

import java.lang.ref.Cleaner;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Answers from the present snapshot: from memory, without a lock, null for what is not there. Never
 * asks Config, never waits for the network. Thread-safe.
 *
 * <p>Runtimes do not tell a source when they are done with it, so the connection is given back once
 * nothing refers to the source any more, or when it is closed.
 */
class HoldfastConfigSource implements ConfigSource, AutoCloseable {
  /** Asked of sources by Payara, which otherwise keeps values for a minute. 0: not at all. */
  private static final String CACHE_DURATION = "mp.config.cache.duration";

  private static final Cleaner CLEANER = Cleaner.create();

  private final LiveStore store;
  private final int ordinal;
  private final Cleaner.Cleanable release;

  HoldfastConfigSource(LiveStore store, int ordinal) {
    this.store = store;
    this.ordinal = ordinal;
    this.release = CLEANER.register(this, () -> LiveStores.release(store));
  }

  ConfigSnapshot snapshot() {
    return store.snapshot();
  }

  @Override
  public String getName() {
    return "holdfast[" + store.endpoints() + "]";
  }

  @Override
  public int getOrdinal() {
    return ordinal;
  }

  @Override
  public String getValue(String propertyName) {
    ConfigSnapshot.Property property = store.snapshot().properties().get(propertyName);
    if (property != null) {
      return property.value();
    }
    return CACHE_DURATION.equals(propertyName) ? "0" : null;
  }

  @Override
  public Set<String> getPropertyNames() {
    return store.snapshot().properties().keySet();
  }

  @Override
  public Map<String, String> getProperties() {
    Map<String, String> values = new HashMap<>();
    store.snapshot().properties().forEach((name, property) -> values.put(name, property.value()));
    return values;
  }

  @Override
  public void close() {
    release.clean();
  }
}
