package io.holdfast.compatibility;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeSet;

/** The part of {@code docs/compatibility.md} that a differential run writes. */
final class CompatibilityPage {
  private static final String BEGIN = "<!-- differential: written by the run, do not edit -->";
  private static final String END = "<!-- differential: end -->";

  private CompatibilityPage() {}

  /** Puts the run's results in the place of the last ones; other parts of the page stay. */
  static void write(Path page, String etcdVersion, long seed, Ledger ledger) {
    String part = BEGIN + "\n" + text(etcdVersion, seed, ledger) + END;
    try {
      String old = Files.exists(page) ? Files.readString(page) : BEGIN + END + "\n";
      int begin = old.indexOf(BEGIN);
      int end = old.indexOf(END);
      if (begin < 0 || end < begin) {
        throw new IllegalStateException(page + " has no place for the results: " + BEGIN);
      }
      Files.writeString(page, old.substring(0, begin) + part + old.substring(end + END.length()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String text(String etcdVersion, long seed, Ledger ledger) {
    StringBuilder text = new StringBuilder();
    text.append("\n## Call by call, beside etcd ").append(etcdVersion).append("\n\n");
    text.append(
        String.format(
            "%,d operations in %,d scripts of seed %d, and %,d events that watchers reported: every"
                + " field of every%nanswer was compared, errors by code and text. No difference was"
                + " left unexplained.%n%n",
            ledger.operations(), ledger.scripts(), seed, ledger.events()));
    text.append("| call | operations | refused by etcd | differences, explained below |\n");
    text.append("|---|---:|---:|---|\n");
    for (Call call : Call.values()) {
      if (ledger.operations(call) > 0) {
        text.append(
            String.format(
                "| %s | %,d | %,d | %s |%n",
                call.title(),
                ledger.operations(call),
                ledger.refusals(call),
                explained(ledger.explained(call))));
      }
    }
    appendRules(text, ledger);
    appendErrors(text, ledger);
    return text.toString();
  }

  private static String explained(Map<String, Long> counts) {
    StringBuilder text = new StringBuilder();
    counts.forEach(
        (name, count) ->
            text.append(text.isEmpty() ? "" : "; ").append(count).append(" x ").append(name));
    return text.toString();
  }

  private static void appendRules(StringBuilder text, Ledger ledger) {
    text.append("\n### Differences that are right\n\n");
    text.append("| difference | as etcd from | why | met in this run |\n");
    text.append("|---|---|---|---:|\n");
    for (Rule rule : KnownDifferences.RULES) {
      text.append(
          String.format(
              "| %s | %s | %s | %,d |%n",
              rule.name(),
              rule.since().map(ApiLevel::toString).orElse("never: on purpose"),
              rule.reason(),
              ledger.explained(rule)));
    }
  }

  private static void appendErrors(StringBuilder text, Ledger ledger) {
    text.append("\n### Errors compared\n\n");
    text.append("| code and text | times |\n|---|---:|\n");
    for (String status : new TreeSet<>(ledger.errors().keySet())) {
      text.append(String.format("| `%s` | %,d |%n", status, ledger.errors().get(status)));
    }
    text.append('\n');
  }
}
