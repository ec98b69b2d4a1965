package io.holdfast.scenarios;

import io.holdfast.harness.Etcdctl;
import io.holdfast.harness.Programs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Plays a text of etcdctl commands and returns comparable answers. */
final class EtcdctlSession {
  private static final long WATCH_SECONDS_MAX = 5;
  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");
  private static final Pattern ATTACHED = Pattern.compile("attached keys\\(\\[([^]]*)]\\)");
  private static final Pattern GRANTED = Pattern.compile("lease ([0-9a-f]+) granted");

  /**
   * One command.
   *
   * @param line as it is written
   * @param linesMax stop after so many lines of output; 0 runs to the end
   * @param keepsLease whether the id of the granted lease is kept
   */
  record Step(String line, List<String> words, String input, int linesMax, boolean keepsLease) {}

  private final Etcdctl etcdctl;
  private final List<String> leases = new ArrayList<>();

  EtcdctlSession(Etcdctl etcdctl) {
    this.etcdctl = etcdctl;
  }

  static List<Step> parse(String text) {
    List<Step> steps = new ArrayList<>();
    for (String line : text.split("\n")) {
      if (!line.isBlank() && !line.startsWith("#")) {
        steps.add(parseLine(line));
      }
    }
    return steps;
  }

  private static Step parseLine(String line) {
    String command = line;
    int linesMax = 0;
    boolean keepsLease = false;
    if (command.startsWith("@lines ")) {
      String[] parts = command.split(" ", 3);
      linesMax = Integer.parseInt(parts[1]);
      command = parts[2];
    } else if (command.startsWith("@lease ")) {
      keepsLease = true;
      command = command.substring("@lease ".length());
    }
    String input = "";
    int redirect = command.indexOf(" < ");
    if (redirect >= 0) {
      input = command.substring(redirect + 3).replace("\\n", "\n");
      command = command.substring(0, redirect);
    }
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(command);
    while (matcher.find()) {
      words.add(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
    }
    return new Step(line, words, input, linesMax, keepsLease);
  }

  List<String> play(List<Step> steps) {
    List<String> answers = new ArrayList<>();
    for (Step step : steps) {
      answers.add(comparable(play(step)));
    }
    return answers;
  }

  private String play(Step step) {
    List<String> words = step.words().stream().map(this::withLeases).toList();
    if (step.linesMax() > 0) {
      return firstLines(words, step.linesMax());
    }
    Programs.Outcome outcome = etcdctl.run(words, withLeases(step.input()));
    if (step.keepsLease()) {
      Matcher granted = GRANTED.matcher(outcome.out());
      if (!granted.find()) {
        throw new AssertionError(step.line() + " granted no lease: " + outcome);
      }
      leases.add(granted.group(1));
    }
    return "exit " + outcome.exitCode() + "\n" + outcome.out() + errorOf(outcome.err());
  }

  /** The client's log lines carry times and addresses; only what it says at the end counts. */
  private static String errorOf(String err) {
    StringBuilder kept = new StringBuilder();
    for (String line : err.split("\n")) {
      if (!line.startsWith("{\"level\"")) {
        kept.append(line).append('\n');
      }
    }
    return kept.toString();
  }

  private String firstLines(List<String> words, int linesMax) {
    try {
      ProcessBuilder builder = new ProcessBuilder(etcdctl.command(words)).redirectErrorStream(true);
      builder.environment().putAll(etcdctl.environment());
      Process process = builder.start();
      CompletableFuture<String> lines =
          CompletableFuture.supplyAsync(() -> read(process, linesMax));
      String text = lines.completeOnTimeout(null, WATCH_SECONDS_MAX, TimeUnit.SECONDS).join();
      process.destroyForcibly().waitFor();
      return text != null ? text : "fewer than " + linesMax + " lines came";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static String read(Process process, int linesMax) {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < linesMax; i++) {
        String line = reader.readLine();
        if (line == null) {
          return text.append("(ended)").toString();
        }
        text.append(line).append('\n');
      }
      return text.toString();
    } catch (IOException e) {
      return "(closed)";
    }
  }

  private String withLeases(String word) {
    String replaced = word;
    for (int i = 0; i < leases.size(); i++) {
      replaced = replaced.replace("{lease" + (i + 1) + "}", leases.get(i));
    }
    return replaced;
  }

  /** The keys of a lease come in no particular order. */
  private static String sortedKeys(String attached) {
    List<String> keys = new ArrayList<>(List.of(attached.split(" ")));
    keys.sort(null);
    return Matcher.quoteReplacement("attached keys([" + String.join(" ", keys) + "])");
  }

  /** What no two stores have in common, made equal: ids, terms, sizes of the log, elapsed time. */
  private String comparable(String answer) {
    String text = answer;
    for (int i = 0; i < leases.size(); i++) {
      String decimal = Long.toString(Long.parseLong(leases.get(i), 16));
      text = text.replace(leases.get(i), "LEASE" + (i + 1)).replace(decimal, "LEASE" + (i + 1));
    }
    text = ATTACHED.matcher(text).replaceAll(match -> sortedKeys(match.group(1)));
    return text.replaceAll("\"(cluster_id|member_id|raft_term)\":\\d+", "\"$1\":N")
        .replaceAll("\"(ClusterID|MemberID|RaftTerm)\" : \\d+", "\"$1\" : N")
        .replaceAll("remaining\\(\\d+s\\)", "remaining(Ns)")
        .replaceAll("127\\.0\\.0\\.1:\\d+", "ADDRESS")
        .replaceAll("took = [0-9.]+(ms|s|µs)", "took = T")
        .replaceAll("(?m)^[0-9a-f]{11,16}, started", "ID, started");
  }
}
