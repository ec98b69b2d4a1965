package io.holdfast.server.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class PlainArgumentsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "server",
        "server --name=a",
        "server -name a --data-dir /x=y",
        "server --name a --name=b --pre-vote",
        "server --pre-vote --name=a",
        "server --pre-vote=false -force-new-cluster --quota-backend-bytes=-1",
        "server --initial-cluster=a=http://h:1,b=http://h:2 -initial-cluster-token t"
      })
  void whatIsPlainIsReadAsTheLibraryReadsIt(String line) {
    assertEquals(Optional.of(asTheLibraryReadsIt(line)), PlainArguments.ofServer(line.split(" ")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "put a b",
        "--version",
        "server --help",
        "server -h",
        "server --version",
        "server --name",
        "server --name=",
        "server --name --pre-vote",
        "server --pre-vote true",
        "server --quota-backend-bytes -1",
        "server ---name=a",
        "server --nme=a",
        "server name=a",
        "server extra",
        "server --name=a -- extra",
        "server -"
      })
  void whatMayNeedAWordIsLeftToTheLibrary(String line) {
    assertEquals(Optional.empty(), PlainArguments.ofServer(line.split(" ")));
  }

  @Test
  void nothingAtAllIsLeftToTheLibrary() {
    assertEquals(Optional.empty(), PlainArguments.ofServer());
    assertEquals(Optional.empty(), PlainArguments.ofServer("server", "--name", ""));
    assertEquals(Optional.empty(), PlainArguments.ofServer("server", ""));
  }

  private static Map<String, String> asTheLibraryReadsIt(String line) {
    CommandLine.ParseResult parsed =
        CommandLineRunner.commandLine().parseArgs(line.split(" ")).subcommand();
    Map<String, String> given = new LinkedHashMap<>();
    parsed
        .matchedOptions()
        .forEach(
            option ->
                given.put(
                    option.longestName().substring(2),
                    option.stringValues().get(option.stringValues().size() - 1)));
    return given;
  }
}
