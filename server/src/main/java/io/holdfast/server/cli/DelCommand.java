package io.holdfast.server.cli;

import io.holdfast.driver.Connection;
import io.holdfast.driver.DeleteRequest;
import io.holdfast.driver.KeyValue;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code holdfast del}: deletes one key, a range or a prefix. */
@Command(
    name = "del",
    description = "Delete keys; shows how many there were.",
    footer = {"", "Examples:", "  holdfast del greeting", "  holdfast del --prefix config/old/"})
public final class DelCommand implements Callable<Integer> {
  @Mixin private ConnectionOptions connection;
  @Mixin private RangeOptions keys;

  @Option(names = "--prev-kv", description = "Also show what was deleted.")
  private boolean previous;

  @Override
  public Integer call() {
    DeleteRequest request = DeleteRequest.of(keys.range());
    try (Connection store = connection.connect();
        Output output = new Output()) {
      var result = store.delete(previous ? request.withPrevious() : request);
      output.line(Long.toString(result.deleted()));
      for (KeyValue deleted : result.previous()) {
        output.line(deleted.key());
        output.line(deleted.value());
      }
    }
    return 0;
  }
}
