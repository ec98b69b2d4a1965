package io.holdfast.config;

import java.util.HashMap;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * The stores in use, so that a runtime that builds several Configs for one application (as many do)
 * opens one connection and sees one state.
 */
final class LiveStores {
  private static final Map<ClassLoader, Map<SourceSettings, Shared>> STORES = new WeakHashMap<>();

  private LiveStores() {}

  private static final class Shared {
    private final LiveStore store;
    private int users;

    Shared(LiveStore store) {
      this.store = store;
    }
  }

  /** The store for these settings, opened if nobody uses it yet. Give it back with release. */
  static synchronized LiveStore acquire(ClassLoader loader, SourceSettings settings) {
    Map<SourceSettings, Shared> ofLoader = STORES.computeIfAbsent(loader, key -> new HashMap<>());
    Shared shared = ofLoader.get(settings);
    if (shared == null) {
      shared = new Shared(LiveStore.open(settings));
      ofLoader.put(settings, shared);
    }
    shared.users++;
    return shared.store;
  }

  /** Ends one use; the last one closes the connection. */
  static synchronized void release(LiveStore store) {
    for (Map<SourceSettings, Shared> ofLoader : STORES.values()) {
      ofLoader.values().removeIf(shared -> shared.store == store && --shared.users == 0);
    }
    boolean inUse =
        STORES.values().stream()
            .flatMap(ofLoader -> ofLoader.values().stream())
            .anyMatch(shared -> shared.store == store);
    if (!inUse) {
      store.close();
    }
  }
}
