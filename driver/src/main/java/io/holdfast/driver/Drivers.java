package io.holdfast.driver;

import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.ServiceLoader;

/** The door to the drivers on the class path. */
public final class Drivers {
  private Drivers() {}

  /**
   * Opens a connection, for example to {@code etcd://127.0.0.1:2379}.
   *
   * @throws InvalidUrlException if the URL is unusable
   */
  public static Connection connect(String url) {
    return connect(url, new Properties());
  }

  /**
   * Opens a connection.
   *
   * @param url {@code etcd://[user@]host:port[,host:port...][/namespace][?property=value&...]}
   * @param properties further properties; what the URL says wins over them
   * @throws InvalidUrlException if the URL or a property is unusable
   */
  public static Connection connect(String url, Properties properties) {
    for (Driver driver : installed()) {
      if (driver.acceptsUrl(url)) {
        return driver.connect(url, properties);
      }
    }
    throw new InvalidUrlException(
        "no driver understands this URL: it must begin with etcd://, for example"
            + " etcd://127.0.0.1:2379",
        null);
  }

  /**
   * The drivers that {@link ServiceLoader} finds, first with the class loader of this class, then
   * with the thread's own. Frameworks often run with a context class loader that sees less.
   */
  public static List<Driver> installed() {
    List<Driver> drivers = new ArrayList<>();
    ServiceLoader.load(Driver.class, Drivers.class.getClassLoader()).forEach(drivers::add);
    if (drivers.isEmpty()) {
      ServiceLoader.load(Driver.class).forEach(drivers::add);
    }
    return List.copyOf(drivers);
  }
}
