package io.holdfast.driver.internal;

import io.holdfast.driver.Consistency;
import io.holdfast.driver.DriverProperty;
import io.holdfast.driver.InvalidUrlException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a connection was asked to be: the endpoints and the value of every property, checked.
 *
 * <p>{@link #toString} shows no secret.
 */
final class Settings {
  private static final Duration KEEP_ALIVE_MIN = Duration.ofSeconds(10);

  private final List<HostAndPort> endpoints;
  private final Map<DriverProperty, String> values;

  Settings(List<HostAndPort> endpoints, Map<DriverProperty, String> given) {
    this.endpoints = List.copyOf(endpoints);
    this.values = new EnumMap<>(DriverProperty.class);
    for (DriverProperty property : DriverProperty.values()) {
      String value = given.getOrDefault(property, property.defaultValue()).strip();
      PropertyValues.check(property, value);
      values.put(property, value);
    }
    checkTogether();
  }

  private void checkTogether() {
    if (keepAliveTime().compareTo(KEEP_ALIVE_MIN) < 0) {
      throw PropertyValues.unusable(
          DriverProperty.KEEP_ALIVE_TIME, "must be at least 10s, or servers hang up");
    }
    if (backoffMax().compareTo(backoffMin()) < 0) {
      throw PropertyValues.unusable(DriverProperty.BACKOFF_MAX, "must not be less than backoffMin");
    }
    if (user().isPresent() != password().isPresent()) {
      throw PropertyValues.unusable(
          user().isPresent() ? DriverProperty.PASSWORD : DriverProperty.USER,
          "is missing: user and password go together, the password as a property");
    }
    if (file(DriverProperty.CERT).isPresent() != file(DriverProperty.KEY).isPresent()) {
      throw PropertyValues.unusable(
          file(DriverProperty.CERT).isPresent() ? DriverProperty.KEY : DriverProperty.CERT,
          "is missing: cert and key go together");
    }
    for (DriverProperty property :
        List.of(DriverProperty.ROOT_CERT, DriverProperty.CERT, DriverProperty.KEY)) {
      checkFile(property);
    }
  }

  private void checkFile(DriverProperty property) {
    Optional<Path> file = file(property);
    if (file.isEmpty()) {
      return;
    }
    if (!isTls()) {
      throw new InvalidUrlException(
          "the property `"
              + property.propertyName()
              + "` is given but tls is off; set tls=verify-full",
          DriverProperty.TLS);
    }
    if (!Files.isReadable(file.get())) {
      throw PropertyValues.unusable(property, "names a file that cannot be read: " + file.get());
    }
  }

  List<HostAndPort> endpoints() {
    return endpoints;
  }

  Optional<String> user() {
    return text(DriverProperty.USER);
  }

  Optional<String> password() {
    return text(DriverProperty.PASSWORD);
  }

  /** Ends with a slash, or is empty. */
  String namespace() {
    String namespace = values.get(DriverProperty.NAMESPACE);
    return namespace.isEmpty() || namespace.endsWith("/") ? namespace : namespace + "/";
  }

  Consistency consistency() {
    return "serializable".equals(values.get(DriverProperty.CONSISTENCY))
        ? Consistency.SERIALIZABLE
        : Consistency.LINEARIZABLE;
  }

  Duration requestTimeout() {
    return duration(DriverProperty.REQUEST_TIMEOUT);
  }

  Duration connectTimeout() {
    return duration(DriverProperty.CONNECT_TIMEOUT);
  }

  Duration attemptTimeout() {
    return duration(DriverProperty.ATTEMPT_TIMEOUT);
  }

  Duration backoffMin() {
    return duration(DriverProperty.BACKOFF_MIN);
  }

  Duration backoffMax() {
    return duration(DriverProperty.BACKOFF_MAX);
  }

  Duration keepAliveTime() {
    return duration(DriverProperty.KEEP_ALIVE_TIME);
  }

  Duration keepAliveTimeout() {
    return duration(DriverProperty.KEEP_ALIVE_TIMEOUT);
  }

  boolean requireLeader() {
    return Boolean.parseBoolean(values.get(DriverProperty.REQUIRE_LEADER));
  }

  int pageSize() {
    return number(DriverProperty.PAGE_SIZE);
  }

  int messageBytesMax() {
    return number(DriverProperty.MESSAGE_BYTES_MAX);
  }

  int inFlightMax() {
    return number(DriverProperty.IN_FLIGHT_MAX);
  }

  int callbackThreads() {
    return number(DriverProperty.CALLBACK_THREADS);
  }

  int transactionAttempts() {
    return number(DriverProperty.TRANSACTION_ATTEMPTS);
  }

  Optional<String> applicationName() {
    return text(DriverProperty.APPLICATION_NAME);
  }

  boolean isTls() {
    return !"disable".equals(values.get(DriverProperty.TLS));
  }

  boolean isHostNameVerified() {
    return "verify-full".equals(values.get(DriverProperty.TLS));
  }

  Optional<Path> file(DriverProperty property) {
    return text(property).map(Path::of);
  }

  private Optional<String> text(DriverProperty property) {
    return Optional.of(values.get(property)).filter(value -> !value.isEmpty());
  }

  private Duration duration(DriverProperty property) {
    return PropertyValues.duration(property, values.get(property));
  }

  private int number(DriverProperty property) {
    return Integer.parseInt(values.get(property));
  }

  @Override
  public String toString() {
    return "etcd://"
        + String.join(",", endpoints.stream().map(HostAndPort::toString).toList())
        + (namespace().isEmpty() ? "" : "/" + namespace());
  }
}
