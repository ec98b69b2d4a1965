package io.holdfast.server.cli;

import io.holdfast.driver.Bytes;
import io.holdfast.driver.Connection;
import io.holdfast.driver.KeyValue;
import io.holdfast.driver.PutRequest;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code holdfast put}: writes one key. */
@Command(
    name = "put",
    description = "Write a key.",
    footer = {
      "",
      "Examples:",
      "  holdfast put greeting hello",
      "  holdfast put -- temperature -3         a value that begins with a dash",
      "  holdfast put motd < motd.txt           the value from standard input"
    })
public final class PutCommand implements Callable<Integer> {
  private static final int VALUE_BYTES_MAX = 64 << 20;
  private static final int HEXADECIMAL = 16;

  @Spec private CommandSpec spec;
  @Mixin private ConnectionOptions connection;

  @Parameters(index = "0", paramLabel = "KEY", description = "The key.")
  private String key;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "VALUE",
      description = "The value; without it, standard input is read to its end.")
  private String value;

  @Option(
      names = "--lease",
      paramLabel = "hex",
      description = "Attach the key to this lease: it vanishes when the lease ends.")
  private String lease;

  @Option(names = "--prev-kv", description = "Also show what the key held before.")
  private boolean previous;

  @Override
  public Integer call() throws IOException {
    PutRequest request = PutRequest.of(Bytes.utf8(key), valueToWrite());
    if (lease != null) {
      request = request.withLease(leaseId());
    }
    if (previous) {
      request = request.withPrevious();
    }
    try (Connection store = connection.connect();
        Output output = new Output()) {
      var result = store.put(request);
      output.line("OK");
      if (result.previous().isPresent()) {
        KeyValue before = result.previous().get();
        output.line(before.key());
        output.line(before.value());
      }
    }
    return 0;
  }

  private Bytes valueToWrite() throws IOException {
    if (value != null) {
      return Bytes.utf8(value);
    }
    byte[] input = System.in.readNBytes(VALUE_BYTES_MAX + 1);
    if (input.length > VALUE_BYTES_MAX) {
      throw new ParameterException(spec.commandLine(), "standard input is too long for a value");
    }
    return Bytes.of(input);
  }

  private long leaseId() {
    try {
      return Long.parseLong(lease, HEXADECIMAL);
    } catch (NumberFormatException notHex) {
      throw new ParameterException(
          spec.commandLine(), "--lease=" + lease + ": give the lease's id in hexadecimal");
    }
  }
}
