package io.holdfast.server.cli;

import io.holdfast.driver.Connection;
import io.holdfast.driver.Consistency;
import io.holdfast.driver.KeyValue;
import io.holdfast.driver.RangeRequest;
import io.holdfast.driver.RangeResult;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code holdfast get}: reads one key, a range or a prefix. */
@Command(
    name = "get",
    description = "Read keys: each key on a line, its value on the next.",
    footer = {
      "",
      "Examples:",
      "  holdfast get greeting",
      "  holdfast get --prefix config/ --keys-only",
      "  holdfast get --prefix \"\" --count-only     how many keys there are",
      "",
      "Exit code 1 when a single KEY does not exist."
    })
public final class GetCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ConnectionOptions connection;
  @Mixin private RangeOptions keys;

  @Option(
      names = "--limit",
      paramLabel = "number",
      defaultValue = "0",
      description = "At most so many keys; 0 for all.")
  private long limit;

  @Option(
      names = "--rev",
      paramLabel = "revision",
      defaultValue = "0",
      description = "As of this revision; 0 for now.")
  private long revision;

  @Option(names = "--keys-only", description = "Show no values.")
  private boolean keysOnly;

  @Option(names = "--print-value-only", description = "Show no keys.")
  private boolean valuesOnly;

  @Option(names = "--count-only", description = "Show only how many keys there are.")
  private boolean countOnly;

  @Option(
      names = "--serializable",
      description = "Take the answering member's own state, possibly behind: works without quorum.")
  private boolean serializable;

  @Override
  public Integer call() {
    if (limit < 0 || revision < 0) {
      throw new ParameterException(spec.commandLine(), "--limit and --rev cannot be negative");
    }
    RangeRequest request = request();
    try (Connection store = connection.connect();
        Output output = new Output()) {
      if (countOnly) {
        output.line(Long.toString(store.range(request.countOnly()).count()));
        return 0;
      }
      if (keys.isSingle()) {
        return single(store.range(request), output);
      }
      try (Stream<KeyValue> found = store.stream(request)) {
        found.forEach(keyValue -> print(keyValue, output));
      }
      return 0;
    }
  }

  private RangeRequest request() {
    RangeRequest request = RangeRequest.of(keys.range());
    if (limit > 0) {
      request = request.limit(limit);
    }
    if (revision > 0) {
      request = request.atRevision(revision);
    }
    if (keysOnly) {
      request = request.keysOnly();
    }
    return serializable ? request.consistency(Consistency.SERIALIZABLE) : request;
  }

  private int single(RangeResult result, Output output) {
    if (result.keyValues().isEmpty()) {
      spec.commandLine().getErr().println("holdfast: no such key: " + keys.key());
      return 1;
    }
    print(result.keyValues().get(0), output);
    return 0;
  }

  private void print(KeyValue keyValue, Output output) {
    if (!valuesOnly) {
      output.line(keyValue.key());
    }
    if (!keysOnly) {
      output.line(keyValue.value());
    }
  }
}
