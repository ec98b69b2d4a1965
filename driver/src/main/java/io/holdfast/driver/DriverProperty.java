package io.holdfast.driver;

import java.util.List;
import java.util.Optional;

/**
 * Every property of a connection: the one list that feeds parsing, the documentation ({@code
 * docs/driver-properties.md}) and {@link Driver#properties()}.
 *
 * <p>A property may stand in the URL's query or in the {@code Properties} given along with it; the
 * URL wins.
 */
public enum DriverProperty {
  /** {@code user}. */
  USER(
      "user",
      Kind.TEXT,
      "",
      "The user to authenticate as. Also `etcd://user@host`. Needs `password`."),
  /** {@code password}. */
  PASSWORD(
      "password",
      Kind.SECRET,
      "",
      "The user's password. Only as a property, never in the URL, where it would be logged."),
  /** {@code namespace}. */
  NAMESPACE(
      "namespace",
      Kind.TEXT,
      "",
      "Put before every key sent and taken off every key received. Also the URL's path. A `/` is"
          + " added at its end if it has none."),
  /** {@code consistency}. */
  CONSISTENCY(
      "consistency",
      Kind.CHOICE,
      "linearizable",
      "How fresh reads are: `linearizable` sees every acknowledged write; `serializable` is faster"
          + " and may be stale.",
      "linearizable",
      "serializable"),
  /** {@code requestTimeout}. */
  REQUEST_TIMEOUT(
      "requestTimeout",
      Kind.DURATION,
      "5s",
      "How long a request may take in all, with every retry on every endpoint."),
  /** {@code connectTimeout}. */
  CONNECT_TIMEOUT(
      "connectTimeout",
      Kind.DURATION,
      "2s",
      "How long one endpoint may take to accept a connection before the next one is tried."),
  /** {@code attemptTimeout}. */
  ATTEMPT_TIMEOUT(
      "attemptTimeout",
      Kind.DURATION,
      "2s",
      "How long one endpoint may take to answer a read before the next one is tried. Does not apply"
          + " to writes, nor when there is only one endpoint."),
  /** {@code backoffMin}. */
  BACKOFF_MIN(
      "backoffMin",
      Kind.DURATION,
      "50ms",
      "The pause before an endpoint that failed is tried again. Doubles with each further failure."),
  /** {@code backoffMax}. */
  BACKOFF_MAX("backoffMax", Kind.DURATION, "1s", "The longest pause between two tries."),
  /** {@code keepAliveTime}. */
  KEEP_ALIVE_TIME(
      "keepAliveTime",
      Kind.DURATION,
      "30s",
      "How long a connection with open requests or watches may be silent before it is pinged. At"
          + " least 10s: servers hang up on clients that ping more often."),
  /** {@code keepAliveTimeout}. */
  KEEP_ALIVE_TIMEOUT(
      "keepAliveTimeout",
      Kind.DURATION,
      "10s",
      "How long the answer to such a ping may take before the connection counts as broken."),
  /** {@code requireLeader}. */
  REQUIRE_LEADER(
      "requireLeader",
      Kind.BOOLEAN,
      "true",
      "Whether watches leave a member that has lost its leader, instead of waiting there in"
          + " silence."),
  /** {@code pageSize}. */
  PAGE_SIZE(
      "pageSize", Kind.NUMBER, "1000", "How many keys one page of a streamed range holds at most."),
  /** {@code messageBytesMax}. */
  MESSAGE_BYTES_MAX(
      "messageBytesMax", Kind.NUMBER, "67108864", "The largest answer that is accepted, in bytes."),
  /** {@code inFlightMax}. */
  IN_FLIGHT_MAX(
      "inFlightMax",
      Kind.NUMBER,
      "10000",
      "How many requests may be in flight at once; further ones are refused."),
  /** {@code callbackThreads}. */
  CALLBACK_THREADS(
      "callbackThreads",
      Kind.NUMBER,
      "4",
      "How many threads run the application's callbacks. They end when idle."),
  /** {@code transactionAttempts}. */
  TRANSACTION_ATTEMPTS(
      "transactionAttempts",
      Kind.NUMBER,
      "16",
      "How often `inTransaction` tries before it gives up on conflicts."),
  /** {@code applicationName}. */
  APPLICATION_NAME(
      "applicationName",
      Kind.TEXT,
      "",
      "Sent to the server in the `user-agent` header, to tell clients apart."),
  /** {@code tls}. */
  TLS(
      "tls",
      Kind.CHOICE,
      "disable",
      "`disable`: plain text. `verify-ca`: encrypted, the server's certificate has to be signed by"
          + " `rootcert`. `verify-full`: its name is checked too.",
      "disable",
      "verify-ca",
      "verify-full"),
  /** {@code rootcert}. */
  ROOT_CERT(
      "rootcert",
      Kind.PATH,
      "",
      "PEM file with the authorities to trust. Empty: those of the Java runtime."),
  /** {@code cert}. */
  CERT(
      "cert",
      Kind.PATH,
      "",
      "PEM file with the client's certificate chain, for servers that ask for one."),
  /** {@code key}. */
  KEY(
      "key",
      Kind.PATH,
      "",
      "PEM file with the client's private key (PKCS #8, not encrypted). Goes with `cert`.");

  /** What a property's value looks like. */
  public enum Kind {
    /** Any text. */
    TEXT,
    /** Text that is never shown. */
    SECRET,
    /** A number with a unit: {@code 500ms}, {@code 5s}, {@code 2m}. */
    DURATION,
    /** A whole number above 0. */
    NUMBER,
    /** {@code true} or {@code false}. */
    BOOLEAN,
    /** One of the choices. */
    CHOICE,
    /** The name of a file. */
    PATH
  }

  private final String propertyName;
  private final Kind kind;
  private final String defaultValue;
  private final String description;
  private final List<String> choices;

  DriverProperty(
      String propertyName, Kind kind, String defaultValue, String description, String... choices) {
    this.propertyName = propertyName;
    this.kind = kind;
    this.defaultValue = defaultValue;
    this.description = description;
    this.choices = List.of(choices);
  }

  /** The name in URLs and {@code Properties}. */
  public String propertyName() {
    return propertyName;
  }

  /** What its value looks like. */
  public Kind kind() {
    return kind;
  }

  /** The value when none is given; may be empty. */
  public String defaultValue() {
    return defaultValue;
  }

  /** What it does, in Markdown. */
  public String description() {
    return description;
  }

  /** The allowed values of a {@link Kind#CHOICE}; otherwise empty. */
  public List<String> choices() {
    return choices;
  }

  /** The property of exactly this name. */
  public static Optional<DriverProperty> named(String name) {
    for (DriverProperty property : values()) {
      if (property.propertyName.equals(name)) {
        return Optional.of(property);
      }
    }
    return Optional.empty();
  }
}
