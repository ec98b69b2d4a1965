package io.holdfast.server.transport;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Logs what peers do wrong, each thing at most once a minute: they try again several times a
 * second. Thread-safe.
 */
final class RefusalLog {
  private static final System.Logger LOGGER = System.getLogger(RefusalLog.class.getName());
  private static final long REPEAT_NANOS = 60_000_000_000L;
  private static final int REMEMBERED_MAX = 100;

  private final Consumer<String> log;

  private final Map<String, Long> lastLogged =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > REMEMBERED_MAX;
        }
      };

  /** Into the process's log. */
  RefusalLog() {
    this(what -> LOGGER.log(System.Logger.Level.WARNING, what));
  }

  RefusalLog(Consumer<String> log) {
    this.log = log;
  }

  /** Takes note of a refusal; addresses change from try to try, so they do not count. */
  void refused(String what) {
    long now = System.nanoTime();
    String subject = what.substring(what.indexOf(": ") + 1);
    synchronized (lastLogged) {
      Long last = lastLogged.get(subject);
      if (last != null && now - last < REPEAT_NANOS) {
        return;
      }
      lastLogged.put(subject, now);
    }
    log.accept(what);
  }
}
