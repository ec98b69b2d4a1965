package io.holdfast.server.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class CommandLineRunnerTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "server --dat-dir=x|unknown flag --dat-dir; did you mean --data-dir? (see --help)",
        "server -nme x|unknown flag --nme; did you mean --name? (see --help)",
        "server extra|\"extra\" is not a flag; flags are written --name=value (see --help)",
        "sever|unknown command sever; did you mean server? (see --help)",
        "--name=a|--name=a belongs to a member: write ./holdfast server --name=a",
        "server --name|Missing required parameter for option '--name' (text) (see --help)",
        "server --election-timeout=1|--election-timeout=1: give at least five times"
            + " --heartbeat-interval, 500",
        "server --name=x --name=a,b|--name=a,b: give one word without commas and equals signs",
        "server -name a=b|--name=a=b: give one word without commas and equals signs",
        "server --pre-vote --name=a=b|--name=a=b: give one word without commas and equals signs",
        "put|Missing required parameter: 'KEY' (see --help)",
        "snapshot|say what to do: save, status or restore (see --help)",
        "snapshot save|Missing required parameter: 'FILE' (see --help)",
        "snapshot save x --endpoints a:1,b:2|a snapshot is taken from one member: give one"
            + " endpoint, not a:1,b:2 (see --help)",
        "snapshot restore x --bump-revision 5|--bump-revision and --mark-compacted go together:"
            + " give both or none (see --help)",
        "snapshot restore x --mark-compacted|--bump-revision and --mark-compacted go together:"
            + " give both or none (see --help)",
        "snapshot restore x --bump-revision -5|--bump-revision -5: give a number above 0 (see"
            + " --help)",
        "get a b --prefix|give only one of RANGE_END, --prefix and --from-key (see --help)"
      })
  void wrongCommandLinesEndWithOneLineAndCodeTwo(String line, String message) {
    int code = run(line.split(" "));
    assertEquals("holdfast: " + message + System.lineSeparator(), err.toString());
    assertEquals(2, code);
    assertEquals("", out.toString());
  }

  @Test
  void theVersionHasALineThatScriptsOfEtcdLookFor() {
    assertEquals(0, run("--version"));
    assertTrue(
        out.toString().lines().anyMatch(line -> line.matches("etcd Version: 3\\.\\d+\\.\\d+")));
    String atRoot = out.toString();
    out.getBuffer().setLength(0);
    assertEquals(0, run("server", "-version"));
    assertEquals(atRoot, out.toString());
  }

  @Test
  void helpShowsCommandsAndFlags() {
    assertEquals(0, run("--help"));
    assertTrue(out.toString().contains("./holdfast server"));
    out.getBuffer().setLength(0);
    assertEquals(0, run("server", "--help"));
    assertTrue(out.toString().contains("--initial-cluster="));
  }

  private int run(String... arguments) {
    CommandLine command = CommandLineRunner.commandLine();
    command.setOut(new PrintWriter(out, true));
    command.setErr(new PrintWriter(err, true));
    return command.execute(arguments);
  }
}
