package io.holdfast.driver.internal;

import io.holdfast.driver.Connection;
import io.holdfast.driver.Driver;
import io.holdfast.driver.DriverProperty;
import java.util.List;
import java.util.Properties;

/** The driver for {@code etcd://} URLs. */
public final class EtcdDriver implements Driver {
  /** Made by the service loader. */
  public EtcdDriver() {}

  @Override
  public boolean acceptsUrl(String url) {
    return url.startsWith(ConnectionUrl.SCHEME);
  }

  @Override
  public Connection connect(String url, Properties properties) {
    Settings settings = ConnectionUrl.parse(url, properties);
    return new StoreConnection(settings, new OkHttpChannels(settings));
  }

  @Override
  public List<DriverProperty> properties() {
    return List.of(DriverProperty.values());
  }

  @Override
  public String version() {
    return Version.TEXT;
  }
}
