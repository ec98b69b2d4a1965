package io.holdfast.server.app.flag;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FlagsTest {
  /** The tests run in the server's folder; the page lies beside it. */
  private static final Path PAGE = Path.of("..", "docs", "flags.md");

  private static final Path COMPATIBILITY = Path.of("..", "docs", "compatibility.md");

  @Test
  void everyDefaultIsAcceptedByItsOwnFlag() {
    for (Flag flag : Flags.all()) {
      if (!flag.defaultValue().isEmpty()) {
        assertTrue(flag.type().problemWith(flag.defaultValue()).isEmpty(), "--" + flag.name());
      }
    }
  }

  @Test
  void everyFlagSaysWhatItDoesOrWhyItDoesNot() {
    Set<String> names = new HashSet<>();
    for (Flag flag : Flags.all()) {
      assertTrue(names.add(flag.name()), "twice: " + flag.name());
      assertTrue(flag.text().length() > 8, "no text: " + flag.name());
      assertTrue(flag.name().matches("[a-z][a-z0-9-]+"), flag.name());
    }
  }

  @Test
  void variablesAreNamedAsEtcdNamesThem() {
    assertEquals("ETCD_INITIAL_CLUSTER", Flags.INITIAL_CLUSTER.environmentName());
  }

  @Test
  void helpNamesEveryFlag() {
    String help = FlagHelp.text();
    for (Flag flag : Flags.all()) {
      assertTrue(help.contains(flag.name()), flag.name());
    }
  }

  /** To rewrite the page after a change of the table: -Dholdfast.docs.update=true. */
  @Test
  void thePageInDocsIsTheTable() throws IOException {
    if (Boolean.getBoolean("holdfast.docs.update")) {
      Files.writeString(PAGE, FlagHelp.page());
    }
    assertEquals(
        FlagHelp.page(),
        Files.readString(PAGE),
        "docs/flags.md is out of step; run this test with -Dholdfast.docs.update=true");
  }

  /** The names are facts: those that the command line of etcd 3.6.14 defines. */
  @Test
  void everyFlagOfEtcdIsKnownAndComparedInDocs() throws IOException {
    List<String> names;
    try (InputStream list = FlagsTest.class.getResourceAsStream("etcd-3.6-flags.txt")) {
      names = new String(list.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
    assertEquals(138, names.size());
    for (String name : names) {
      assertTrue(FlagHelp.supportOf(name).isPresent(), "--" + name + " would be unknown");
    }
    String begin = "<!-- flags: written by FlagsTest, do not edit -->\n\n";
    String end = "\n<!-- flags: end -->";
    String page = Files.readString(COMPATIBILITY);
    int from = page.indexOf(begin) + begin.length();
    int to = page.indexOf(end);
    if (Boolean.getBoolean("holdfast.docs.update")) {
      page = page.substring(0, from) + FlagHelp.comparison(names) + page.substring(to);
      Files.writeString(COMPATIBILITY, page);
      to = page.indexOf(end);
    }
    assertEquals(
        FlagHelp.comparison(names),
        page.substring(from, to),
        "docs/compatibility.md is out of step; run this test with -Dholdfast.docs.update=true");
  }
}
