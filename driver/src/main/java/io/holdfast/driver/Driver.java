package io.holdfast.driver;

import java.util.List;
import java.util.Properties;

/** A way to reach a store, found by {@link java.util.ServiceLoader}. Thread-safe. */
public interface Driver {
  /** Whether this driver understands URLs of this kind; looks at the scheme only. */
  boolean acceptsUrl(String url);

  /**
   * Opens a connection. Returns at once: the first request connects.
   *
   * @param url {@code etcd://[user@]host:port[,host:port...][/namespace][?property=value&...]}
   * @param properties further properties; what the URL says wins over them
   * @throws InvalidUrlException if the URL or a property is unusable
   */
  Connection connect(String url, Properties properties);

  /** Every property that URLs and {@code Properties} may hold. */
  List<DriverProperty> properties();

  /** The driver's version. */
  String version();
}
