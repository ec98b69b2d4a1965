package io.holdfast.server.cli;

import io.holdfast.driver.Connection;
import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.KeyValue;
import io.holdfast.driver.Watch;
import io.holdfast.driver.WatchBatch;
import io.holdfast.driver.WatchEvent;
import io.holdfast.driver.WatchListener;
import io.holdfast.driver.WatchRequest;
import io.holdfast.driver.WatchResync;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code holdfast watch}: shows changes as they happen, until Ctrl-C. */
@Command(
    name = "watch",
    description = "Show changes as they happen, until Ctrl-C: PUT or DELETE, the key, the value.",
    footer = {
      "",
      "Examples:",
      "  holdfast watch --prefix config/",
      "  holdfast watch greeting --rev 1          from the beginning of the kept history",
      "",
      "When a member goes away the watch goes on at another one, without a gap."
    })
public final class WatchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private ConnectionOptions connection;
  @Mixin private RangeOptions keys;

  @Option(
      names = "--rev",
      paramLabel = "revision",
      defaultValue = "0",
      description = "Begin with this revision; 0 for what happens from now on.")
  private long revision;

  @Option(names = "--prev-kv", description = "Also show what the key held before.")
  private boolean previous;

  @Override
  public Integer call() throws InterruptedException {
    if (revision < 0) {
      throw new ParameterException(spec.commandLine(), "--rev cannot be negative");
    }
    WatchRequest request = WatchRequest.of(keys.range());
    if (revision > 0) {
      request = request.fromRevision(revision);
    }
    if (previous) {
      request = request.withPrevious();
    }
    CompletableFuture<Void> ended = new CompletableFuture<>();
    try (Connection store = connection.connect();
        Output output = new Output();
        Watch watch =
            store.watch(request, new Printer(output, spec.commandLine().getErr(), ended))) {
      ended.get();
      return watch.isClosed() ? 0 : 1;
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof HoldfastException known) {
        throw known;
      }
      throw new IllegalStateException("the watch ended unexpectedly", failed.getCause());
    }
  }

  private record Printer(Output output, PrintWriter err, CompletableFuture<Void> ended)
      implements WatchListener {
    @Override
    public void onEvents(WatchBatch batch) {
      print(batch.events());
    }

    @Override
    public void onResync(WatchResync resync) {
      err.println(
          "holdfast: history up to revision "
              + resync.revision()
              + " is compacted; showing only what differs now");
      err.flush();
      print(resync.differences());
    }

    @Override
    public void onDisconnected(HoldfastException cause) {
      err.println("holdfast: interrupted, trying to go on: " + cause.getMessage());
      err.flush();
    }

    @Override
    public void onClosed(Optional<Throwable> cause) {
      cause.ifPresentOrElse(ended::completeExceptionally, () -> ended.complete(null));
    }

    private void print(List<WatchEvent> events) {
      for (WatchEvent event : events) {
        output.line(event.type().name());
        event.previous().ifPresent(this::print);
        print(event.keyValue());
      }
      output.flush();
    }

    private void print(KeyValue keyValue) {
      output.line(keyValue.key());
      output.line(keyValue.value());
    }
  }
}
