package io.holdfast.server.app;

import io.holdfast.server.app.flag.FlagValues;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Optional;

/**
 * The one entry of the program. The command line is parsed before anything else is started; only
 * {@code server} boots the framework, so the client commands answer quickly.
 */
@QuarkusMain
public final class Main {
  private Main() {}

  public static void main(String... arguments) {
    Optional<Map<String, String>> flags = PlainArguments.ofServer(arguments);
    int exitCode = flags.isPresent() ? serve(flags.get()) : CommandLineRunner.run(arguments);
    if (exitCode != 0) {
      System.exit(exitCode);
    }
  }

  private static int serve(Map<String, String> flags) {
    try {
      FlagValues values = FlagValues.of(flags, System.getenv());
      return ServerProcess.run(ServerOptionsReader.read(values));
    } catch (RuntimeException failure) {
      return FailureLine.explain(new PrintWriter(System.err, true), failure);
    }
  }
}
