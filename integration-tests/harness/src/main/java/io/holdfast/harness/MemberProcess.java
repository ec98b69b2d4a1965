package io.holdfast.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One member as a process; it can be killed and started again on the same data. */
public final class MemberProcess implements AutoCloseable {
  private static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(1))
          .build();
  private static final Pattern MEMBER = Pattern.compile("\"member_id\":\\s*\"?(\\d+)\"?");
  private static final Pattern LEADER = Pattern.compile("\"leader\":\\s*\"?(\\d+)\"?");

  private static final Pattern APPLIED = Pattern.compile("\"raftAppliedIndex\":\\s*\"?(\\d+)\"?");
  private static final Pattern TERM = Pattern.compile("\"raftTerm\":\\s*\"?(\\d+)\"?");

  private final Flavor flavor;
  private final String name;
  private final Path directory;
  private final String endpoint;
  private final List<String> flags;
  private List<String> wrapper = List.of();
  private Map<String, String> variables = Map.of();
  private Process process;
  private int starts;

  MemberProcess(Flavor flavor, String name, Path directory, String endpoint, List<String> flags) {
    this.flavor = flavor;
    this.name = name;
    this.directory = directory;
    this.endpoint = endpoint;
    this.flags = List.copyOf(flags);
  }

  public String name() {
    return name;
  }

  /** {@code host:port} of the client listener. */
  public String endpoint() {
    return endpoint;
  }

  /** What a flag, given without dashes, was set to; empty when it was not given. */
  public Optional<String> flag(String flag) {
    String beginning = "--" + flag + "=";
    return flags.stream()
        .filter(given -> given.startsWith(beginning))
        .map(given -> given.substring(beginning.length()))
        .reduce((first, last) -> last);
  }

  /** What stands before the command from the next start on: a tracer, a network namespace. */
  public MemberProcess wrappedIn(List<String> command) {
    wrapper = List.copyOf(command);
    return this;
  }

  /** Variables that the process has from the next start on, beside the usual ones. */
  public MemberProcess withVariables(Map<String, String> more) {
    variables = Map.copyOf(more);
    return this;
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process != null && process.isAlive();
  }

  /** What the member printed since its last start. */
  public String log() {
    try {
      // Members write what clients send, which need not be text.
      return new String(Files.readAllBytes(logFile()), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path logFile() {
    return directory.resolve("log-" + starts + ".txt");
  }

  public MemberProcess start() {
    if (isAlive()) {
      throw new IllegalStateException(name + " runs already");
    }
    try {
      starts++;
      Files.createDirectories(directory);
      List<String> command = new ArrayList<>(wrapper);
      command.addAll(flavor.command());
      command.addAll(flags);
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(logFile().toFile());
      builder.environment().putAll(flavor.environment());
      builder.environment().putAll(variables);
      process = builder.start();
      process.getOutputStream().close();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until the member answers that it is healthy. */
  public MemberProcess awaitReady(Duration timeout) {
    if (!becomesReady(timeout)) {
      throw new IllegalStateException(
          name + " ended with exit code " + process.exitValue() + ":\n" + log());
    }
    return this;
  }

  /**
   * Waits until the member answers that it is healthy, or ends.
   *
   * @return false when it ended instead
   */
  public boolean becomesReady(Duration timeout) {
    long end = System.nanoTime() + timeout.toNanos();
    while (System.nanoTime() < end) {
      if (!process.isAlive()) {
        return false;
      }
      if (get("/health").filter(body -> body.contains("\"true\"")).isPresent()) {
        return true;
      }
      pauseMillis(20);
    }
    throw new IllegalStateException(name + " is not ready after " + timeout + ":\n" + log());
  }

  /** Whether this member says that it leads; false when it does not answer. */
  public boolean isLeader() {
    Optional<String> status = post("/v3/maintenance/status", "{}");
    if (status.isEmpty()) {
      return false;
    }
    Matcher member = MEMBER.matcher(status.get());
    Matcher leader = LEADER.matcher(status.get());
    return member.find() && leader.find() && member.group(1).equals(leader.group(1));
  }

  /** This member's id, in decimal, as the JSON gateway writes it; empty when it does not answer. */
  public Optional<String> memberId() {
    return post("/v3/maintenance/status", "{}")
        .map(MEMBER::matcher)
        .filter(Matcher::find)
        .map(matcher -> matcher.group(1));
  }

  /** Asks this member, the leader, to hand the leadership over; whether it did. */
  public boolean handOver(MemberProcess heir) {
    return heir.memberId()
        .flatMap(id -> post("/v3/maintenance/transfer-leadership", "{\"targetID\":\"" + id + "\"}"))
        .isPresent();
  }

  /** The term that this member is in; empty when it does not answer. */
  public OptionalLong term() {
    return status(TERM);
  }

  /** How far this member has applied the log; empty when it does not answer. */
  public OptionalLong appliedIndex() {
    return status(APPLIED);
  }

  private OptionalLong status(Pattern number) {
    Optional<Matcher> found =
        post("/v3/maintenance/status", "{}").map(number::matcher).filter(Matcher::find);
    return found.isPresent()
        ? OptionalLong.of(Long.parseLong(found.get().group(1)))
        : OptionalLong.empty();
  }

  /** The body of a 200 answer to GET. */
  public Optional<String> get(String path) {
    return send(HttpRequest.newBuilder(uri(path)).GET());
  }

  /** The body of a 200 answer to a JSON POST. */
  public Optional<String> post(String path, String json) {
    return send(
        HttpRequest.newBuilder(uri(path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json)));
  }

  private URI uri(String path) {
    return URI.create("http://" + endpoint() + path);
  }

  private static Optional<String> send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> response =
          HTTP.send(
              request.timeout(Duration.ofSeconds(2)).build(), HttpResponse.BodyHandlers.ofString());
      return response.statusCode() == 200 ? Optional.of(response.body()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  /** SIGSTOP: the process stands still, as on a machine that is overloaded or being moved. */
  public void pause() {
    signal("STOP");
  }

  /** SIGCONT: the process goes on and does not know that time has passed. */
  public void resume() {
    signal("CONT");
  }

  private void signal(String signal) {
    Programs.Outcome outcome =
        Programs.run(
            List.of("sh", "-c", "kill -" + signal + " " + pid()), Map.of(), Duration.ofSeconds(10));
    if (outcome.exitCode() != 0) {
      throw new IllegalStateException("SIG" + signal + " to " + name + ": " + outcome.err());
    }
  }

  /** SIGKILL: nothing in the process can react. */
  public void kill() {
    process.destroyForcibly();
    awaitExit(Duration.ofSeconds(10));
  }

  /**
   * SIGTERM: a clean stop.
   *
   * @return the exit code
   */
  public int terminate(Duration timeout) {
    beginToTerminate();
    return awaitExit(timeout);
  }

  /** SIGTERM, without waiting for the end. */
  public void beginToTerminate() {
    process.destroy();
  }

  /** Whether the process ends by itself in this time. */
  public boolean endsWithin(Duration timeout) {
    try {
      return process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** Waits for the process to end by itself. */
  public int awaitExit(Duration timeout) {
    try {
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException(name + " still runs after " + timeout + ":\n" + log());
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    if (isAlive()) {
      kill();
    }
  }

  private static void pauseMillis(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
