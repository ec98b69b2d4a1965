package io.holdfast.server.app.flag;

import java.util.Locale;

/**
 * One row of the table of flags: everything that parsing, the help, the environment variable and
 * the documentation need to know.
 *
 * @param name without dashes, as etcd spells it
 * @param group the heading it stands under
 * @param type what values it takes
 * @param defaultValue as it would be written on the command line; empty for "not given"
 * @param support what this server does with it
 * @param text what the flag does, or why it does nothing here, or why it is refused
 */
public record Flag(
    String name, Group group, FlagType type, String defaultValue, Support support, String text) {

  /** Before the names of flags that were new in etcd's older versions. */
  static final String EXPERIMENTAL = "experimental-";

  /** Headings, in the order of the help. */
  public enum Group {
    MEMBER("Member"),
    CLUSTER("Cluster"),
    LIMITS("Limits"),
    OBSERVE("Logs and metrics"),
    SECURITY("Security"),
    OTHER("Other");

    private final String title;

    Group(String title) {
      this.title = title;
    }

    public String title() {
      return title;
    }
  }

  /** What this server does with a flag. */
  public enum Support {
    /** Does what etcd's does. */
    USED,
    /** Means another one; a warning says which. */
    OLD_NAME,
    /**
     * Accepted, so that etcd's command lines work unchanged; a warning says that it does nothing.
     */
    INERT,
    /** Doing nothing would be unsafe: any value but the default ends the start. */
    REFUSED
  }

  /** The variable that sets it when the command line does not: {@code ETCD_} and the name. */
  public String environmentName() {
    return "ETCD_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
  }

  /**
   * @throws UsageException when the flag cannot take this value
   */
  public void check(String value) {
    type.problemWith(value)
        .ifPresent(
            problem -> {
              throw new UsageException("--" + name + "=" + value + ": " + problem);
            });
  }
}
