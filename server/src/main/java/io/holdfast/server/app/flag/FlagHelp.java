package io.holdfast.server.app.flag;

import io.holdfast.server.app.flag.Flag.Group;
import io.holdfast.server.app.flag.Flag.Support;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What the table of flags looks like to people: the help on a terminal and the page in docs. */
public final class FlagHelp {
  private static final int WIDTH = 96;
  private static final String INDENT = "      ";

  private FlagHelp() {}

  /** The text of {@code server --help}. */
  public static String text() {
    StringBuilder help = new StringBuilder(8192);
    help.append("Usage: holdfast server [--flag=value ...]\n\n");
    help.append(
        "Runs one member of a store until SIGTERM or Ctrl-C. Without flags: a single member\n");
    help.append(
        "\"default\" for clients on this machine, with its data in ./default.holdfast.\n\n");
    help.append("  ./holdfast server --name=n1 --data-dir=/var/lib/holdfast \\\n");
    help.append(
        "    --listen-client-urls=http://0.0.0.0:2379 --advertise-client-urls=http://n1:2379\n\n");
    help.append(
        "Flags are etcd's: --flag=value or --flag value, one dash or two, the last one wins.\n");
    help.append("Each can be given as a variable: --data-dir as ETCD_DATA_DIR; a flag beats it.\n");
    for (Group group : Group.values()) {
      List<Flag> rows = rows(group, Support.USED);
      if (!rows.isEmpty()) {
        help.append('\n').append(group.title()).append(":\n");
        rows.forEach(flag -> append(help, flag));
      }
    }
    help.append("\nEtcd's other flags:\n");
    wrap(help, "older names, accepted with a warning: " + names(Support.OLD_NAME));
    wrap(help, "accepted with a warning, they do nothing: " + names(Support.INERT));
    wrap(help, "refused, as going on without them would be unsafe: " + names(Support.REFUSED));
    help.append("\n  -h, --help    this help        --version    versions\n");
    return help.toString();
  }

  private static void append(StringBuilder help, Flag flag) {
    help.append("  --").append(flag.name()).append('=').append(flag.type().label());
    if (!flag.defaultValue().isEmpty()) {
      help.append("   (").append(flag.defaultValue()).append(')');
    }
    help.append('\n');
    wrap(help, flag.text());
  }

  private static void wrap(StringBuilder help, String text) {
    int column = 0;
    for (String word : text.split(" ")) {
      if (column == 0 || column + 1 + word.length() > WIDTH) {
        help.append(column == 0 ? "" : "\n").append(INDENT).append(word);
        column = INDENT.length() + word.length();
      } else {
        help.append(' ').append(word);
        column += 1 + word.length();
      }
    }
    help.append('\n');
  }

  private static String names(Support support) {
    return Flags.all().stream()
        .filter(flag -> flag.support() == support)
        .map(Flag::name)
        .sorted()
        .collect(Collectors.joining(", "));
  }

  /** The page docs/flags.md. */
  public static String page() {
    StringBuilder page = new StringBuilder(16_384);
    page.append("# Flags of `holdfast server`\n\n");
    page.append(
        "Generated from the table in the server's `app.flag.Flags`; a test holds them together.\n");
    page.append("Names, meanings and defaults are etcd's. A flag is written `--name=value` or\n");
    page.append(
        "`--name value`, with one dash or two; a bare switch means true; the last one wins. The\n");
    page.append(
        "variable counts where the flag is not given. With `--config-file` only the file counts.\n");
    for (Group group : Group.values()) {
      List<Flag> rows = rows(group, Support.USED);
      if (!rows.isEmpty()) {
        page.append("\n## ").append(group.title()).append("\n\n");
        page.append("| flag | values | default | variable | meaning |\n|---|---|---|---|---|\n");
        rows.forEach(flag -> row(page, flag, flag.type().label()));
      }
    }
    page.append(
        "\n## Refused\n\nStarting without what these ask for would be unsafe, so any value but the\n");
    page.append("default ends the start.\n\n");
    reasons(page, Support.REFUSED);
    page.append("\n## Older names\n\nThey work; a warning tells the present name.\n\n");
    reasons(page, Support.OLD_NAME);
    page.append(
        "\n## Without effect\n\nAccepted, so that command lines of etcd work unchanged; a warning is\n");
    page.append("logged for each.\n\n");
    reasons(page, Support.INERT);
    return page.toString();
  }

  /**
   * The rows of docs/compatibility.md about another program's flags.
   *
   * @param names of that program's flags
   */
  static String comparison(Collection<String> names) {
    StringBuilder table = new StringBuilder(8192);
    table.append("| here | how many | flags of etcd |\n|---|---:|---|\n");
    compare(table, "supported", Support.USED, names);
    compare(table, "older names, supported with one warning", Support.OLD_NAME, names);
    compare(table, "accepted with one warning, without effect", Support.INERT, names);
    compare(table, "refused, except with the default", Support.REFUSED, names);
    return table.toString();
  }

  private static void compare(
      StringBuilder table, String title, Support support, Collection<String> names) {
    List<String> found =
        names.stream()
            .sorted()
            .filter(name -> supportOf(name).filter(support::equals).isPresent())
            .toList();
    table.append("| ").append(title).append(" | ").append(found.size()).append(" | `");
    table.append(String.join("`, `", found)).append("` |\n");
  }

  /** The only flag that is no setting is read by the command line itself. */
  static Optional<Support> supportOf(String name) {
    return name.equals("version") ? Optional.of(Support.USED) : Flags.find(name).map(Flag::support);
  }

  private static void row(StringBuilder page, Flag flag, String values) {
    page.append("| `--").append(flag.name()).append("` | ").append(values.replace("|", ", "));
    page.append(" | ").append(flag.defaultValue().isEmpty() ? "" : "`" + flag.defaultValue() + "`");
    page.append(" | `").append(flag.environmentName()).append("` | ").append(flag.text());
    page.append(" |\n");
  }

  private static void reasons(StringBuilder page, Support support) {
    page.append("| flag | why |\n|---|---|\n");
    for (Flag flag : Flags.all()) {
      if (flag.support() == support) {
        page.append("| `--").append(flag.name()).append("` | ").append(flag.text()).append(" |\n");
      }
    }
  }

  private static List<Flag> rows(Group group, Support support) {
    return Flags.all().stream()
        .filter(flag -> flag.group() == group && flag.support() == support)
        .toList();
  }
}
