package io.holdfast.server.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast bench}: puts a store under load and says how fast it was, and at what cost. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measures any store that speaks the etcd v3 protocol: rate, latency, processor time.",
      "",
      "Loads: put; get (one key); range (--range-size keys); txn (a compare and two puts);",
      "watch (--watchers on one key over --streams, --clients write to it; with --own-keys on a key",
      "each).",
      "With --against, both stores are measured in alternating windows and compared."
    },
    footer = {
      "",
      "Examples:",
      "  holdfast bench put --endpoints 127.0.0.1:2379 --clients 64 --total 100000",
      "  holdfast bench get --endpoints 127.0.0.1:2379 --pids 4711 \\",
      "      --against 127.0.0.1:12379 --against-pids 4712 --windows 5 --seconds 5 --warm-up 10"
    })
public final class BenchCommand implements Callable<Integer> {
  /** The loads by the name they have on the command line. */
  enum Load {
    put,
    get,
    range,
    txn,
    watch
  }

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "LOAD", description = "put, get, range, txn or watch")
  private Load load;

  @Option(
      names = "--endpoints",
      split = ",",
      defaultValue = "127.0.0.1:2379",
      description = "client endpoints, comma-separated (default: ${DEFAULT-VALUE})")
  private List<String> endpoints;

  @Option(
      names = "--pids",
      split = ",",
      description = "ids of the serving processes: shows processor time per operation and memory")
  private List<Long> pids = List.of();

  @Option(names = "--name", defaultValue = "holdfast", description = "name in the report")
  private String name;

  @Option(names = "--against", split = ",", description = "endpoints of a second store")
  private List<String> against = List.of();

  @Option(names = "--against-pids", split = ",", description = "its serving processes")
  private List<Long> againstPids = List.of();

  @Option(names = "--against-name", defaultValue = "etcd", description = "its name in the report")
  private String againstName;

  @Option(
      names = "--clients",
      defaultValue = "64",
      description = "requests under way at any time (default: ${DEFAULT-VALUE})")
  private int clients;

  @Option(
      names = "--conns",
      defaultValue = "8",
      description = "connections that the clients share (default: ${DEFAULT-VALUE})")
  private int connections;

  @Option(names = "--total", description = "requests in a window (default: 100000)")
  private Long total;

  @Option(names = "--seconds", description = "length of a window, instead of --total")
  private Double seconds;

  @Option(
      names = "--windows",
      defaultValue = "1",
      description = "counted windows per store; medians are reported (default: ${DEFAULT-VALUE})")
  private int windows;

  @Option(
      names = "--warm-up",
      defaultValue = "0",
      description = "seconds of load before counting; a cold client halves the rate")
  private double warmUpSeconds;

  @Option(
      names = "--key-size",
      defaultValue = "16",
      description = "bytes of a key (default: ${DEFAULT-VALUE})")
  private int keyBytes;

  @Option(
      names = "--val-size",
      defaultValue = "256",
      description = "bytes of a value (default: ${DEFAULT-VALUE})")
  private int valueBytes;

  @Option(
      names = "--key-space",
      defaultValue = "10000",
      description = "different keys (default: ${DEFAULT-VALUE})")
  private int keySpace;

  @Option(
      names = "--prefix",
      defaultValue = "bench/",
      description = "what every key begins with (default: ${DEFAULT-VALUE})")
  private String prefix;

  @Option(
      names = "--range-size",
      defaultValue = "1000",
      description = "keys in one answer of a range (default: ${DEFAULT-VALUE})")
  private int rangeSize;

  @Option(names = "--serializable", description = "read without asking the leader")
  private boolean serializable;

  @Option(
      names = "--watchers",
      defaultValue = "1000",
      description = "watchers, on one key (default: ${DEFAULT-VALUE})")
  private int watchers;

  @Option(
      names = "--streams",
      defaultValue = "10",
      description = "streams that the watchers share (default: ${DEFAULT-VALUE})")
  private int streams;

  @Option(names = "--own-keys", description = "a key of its own for every watcher")
  private boolean ownKeys;

  @Option(names = "--fill", description = "write every key once before measuring")
  private boolean fill;

  @Option(names = "--json", description = "print one JSON line per store instead of a table")
  private boolean json;

  @Override
  public Integer call() {
    checkBounds();
    List<Target> targets = new ArrayList<>();
    try {
      Loads loads = new Loads(prefix, keySpace, keyBytes, valueBytes, clients);
      targets.add(new Target(name, endpoints, pids, connections));
      if (!against.isEmpty()) {
        targets.add(new Target(againstName, against, againstPids, connections));
      }
      if (fill) {
        targets.forEach(loads::fill);
      }
      Runner runner = new Runner(System.err, System.console() != null);
      Map<String, List<Window>> results =
          runner.run(targets, workload(loads), warmUpSeconds, windows, limit());
      List<Summary> summaries = new ArrayList<>();
      results.forEach((target, measured) -> summaries.add(Summary.of(target, measured)));
      Report.print(System.out, title(), summaries, json);
      return 0;
    } catch (BenchFailure e) {
      System.err.println("holdfast bench: " + e.getMessage());
      return 1;
    } finally {
      targets.forEach(Target::close);
    }
  }

  private Workload workload(Loads loads) {
    return switch (load) {
      case put -> loads.put();
      case get -> loads.get(serializable);
      case range -> loads.range(rangeSize, serializable);
      case txn -> loads.txn();
      case watch -> loads.watch(watchers, streams, ownKeys);
    };
  }

  private Supplier<Limit> limit() {
    if (seconds != null) {
      return () -> Limit.seconds(seconds);
    }
    long operations = total == null ? 100_000 : total;
    return () -> Limit.operations(operations);
  }

  private String title() {
    String shape =
        switch (load) {
          case range -> ", " + rangeSize + " keys each";
          case watch ->
              ", "
                  + watchers
                  + " watchers on "
                  + streams
                  + " streams"
                  + (ownKeys ? ", own keys" : "");
          default -> "";
        };
    return load + ", " + clients + " clients" + shape;
  }

  private void checkBounds() {
    check(clients, 1, 100_000, "--clients");
    check(connections, 1, 10_000, "--conns");
    check(windows, 1, 1_000, "--windows");
    check(keyBytes, 1, 4_096, "--key-size");
    check(valueBytes, 0, 1_500_000, "--val-size");
    check(keySpace, 1, 10_000_000, "--key-space");
    check(rangeSize, 1, 1_000_000, "--range-size");
    check(watchers, 1, 1_000_000, "--watchers");
    check(streams, 1, watchers, "--streams");
    if (total != null && seconds != null) {
      throw new ParameterException(
          spec.commandLine(), "--total and --seconds exclude each other: give one of them");
    }
    if ((total != null && total < 1) || (seconds != null && !(seconds > 0 && seconds < 86_400))) {
      throw new ParameterException(
          spec.commandLine(), "--total and --seconds must be above zero (at most a day)");
    }
    if (!(warmUpSeconds >= 0 && warmUpSeconds <= 3_600)) {
      throw new ParameterException(spec.commandLine(), "--warm-up must be from 0 to 3600 seconds");
    }
  }

  private void check(long value, long min, long max, String option) {
    if (value < min || value > max) {
      throw new ParameterException(
          spec.commandLine(),
          option + " " + value + " is out of bounds: give a number from " + min + " to " + max);
    }
  }
}
