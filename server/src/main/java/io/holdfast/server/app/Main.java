package io.holdfast.server.app;

import io.quarkus.runtime.annotations.QuarkusMain;

/**
 * The one entry of the program. The command line is parsed before anything else is started; only
 * {@code server} boots the framework, so the client commands answer quickly.
 */
@QuarkusMain
public final class Main {
  private Main() {}

  public static void main(String... arguments) {
    int exitCode = CommandLineRunner.run(arguments);
    if (exitCode != 0) {
      System.exit(exitCode);
    }
  }
}
