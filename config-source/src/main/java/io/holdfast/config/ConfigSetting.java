package io.holdfast.config;

/**
 * Every setting of the source: the one list that feeds reading and the documentation ({@code
 * docs/config-source.md}). Settings come from the application's other sources, never from the
 * store.
 */
enum ConfigSetting {
  /** Where the store is. */
  URL(
      "holdfast.config.url",
      "",
      "Where the store is, for example `etcd://h1:2379,h2:2379`; see"
          + " [the driver's properties](driver-properties.md). Without it the source is off."),
  /** Whether there is a source at all. */
  ENABLED("holdfast.config.enabled", "true", "`false` switches the source off."),
  /** The application's name. */
  APPLICATION(
      "holdfast.config.application",
      "",
      "The application's name, the second part of its keys. Default: `quarkus.application.name`;"
          + " without either only the keys shared by all applications are read."),
  /** The profiles. */
  PROFILE(
      "holdfast.config.profile",
      "",
      "The profile, or several separated by commas of which later ones win. Default:"
          + " `quarkus.profile`, `smallrye.config.profile` or `mp.config.profile`; on Quarkus the"
          + " profile of its mode: `prod`, `dev` or `test`."),
  /** The first part of every key. */
  PREFIX("holdfast.config.prefix", "config/", "What every key begins with."),
  /** What to do without a store. */
  ON_ABSENT(
      "holdfast.config.on-absent",
      "fail",
      "What to do when the store does not answer at the start: `fail` ends the start with a message"
          + " that names the endpoints; `start-empty` starts without its values, which appear as"
          + " soon as the store does."),
  /** How long to wait at the start. */
  STARTUP_TIMEOUT(
      "holdfast.config.startup-timeout",
      "10s",
      "How long to wait for the store at the start: a number with a unit, `500ms`, `10s` or `1m`."),
  /** The rank among the sources. */
  ORDINAL(
      "holdfast.config.ordinal",
      "275",
      "The rank among the sources. The default lies above the files of an application (100 to 265),"
          + " and below `.env` (295), the environment (300) and system properties (400)."),
  /** How many keys are held. */
  KEYS_MAX(
      "holdfast.config.keys-max",
      "100000",
      "How many keys the application may have. Beyond that the source keeps the values it had, and"
          + " says so in the log."),
  /** Whatever the driver can be told. */
  DRIVER_PREFIX(
      "holdfast.config.driver.*",
      "",
      "Any of [the driver's properties](driver-properties.md), for example"
          + " `holdfast.config.driver.password`, which must not stand in the URL.");

  private final String key;
  private final String defaultValue;
  private final String description;

  ConfigSetting(String key, String defaultValue, String description) {
    this.key = key;
    this.defaultValue = defaultValue;
    this.description = description;
  }

  String key() {
    return key;
  }

  String defaultValue() {
    return defaultValue;
  }

  String description() {
    return description;
  }
}
