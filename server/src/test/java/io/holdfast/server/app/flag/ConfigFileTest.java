package io.holdfast.server.app.flag;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileTest {
  @Test
  void keysAreFlags() {
    Map<String, String> values =
        ConfigFile.parse(
            "f.yml",
            """
            name: n1
            heartbeat-interval: 50
            pre-vote: false
            log-outputs: [stderr, /tmp/x.log]
            watch-progress-notify-interval: 600000000000
            grpc-keepalive-timeout: 20s
            initial-cluster:
            client-transport-security:
              client-cert-auth: false
            peer-transport-security:
              auto-tls: false
              allowed-cn: someone
            """);
    assertEquals("n1", values.get("name"));
    assertEquals("50", values.get("heartbeat-interval"));
    assertEquals("false", values.get("pre-vote"));
    assertEquals("stderr,/tmp/x.log", values.get("log-outputs"));
    assertEquals("600000000000ns", values.get("watch-progress-notify-interval"));
    assertEquals("20s", values.get("grpc-keepalive-timeout"));
    assertEquals("false", values.get("client-cert-auth"));
    assertEquals("false", values.get("peer-auto-tls"));
    assertEquals("someone", values.get("peer-cert-allowed-cn"));
    assertEquals(8 + 1, values.size());
  }

  @Test
  void unknownKeysAreRefusedWithTheNearestFlag() {
    UsageException refused =
        assertThrows(UsageException.class, () -> ConfigFile.parse("f.yml", "dta-dir: /x"));
    assertEquals("f.yml: unknown key dta-dir; did you mean data-dir?", refused.getMessage());
  }

  @Test
  void brokenYamlNamesTheLine() {
    UsageException refused =
        assertThrows(UsageException.class, () -> ConfigFile.parse("f.yml", "name: a\nx: [1\n"));
    assertTrue(refused.getMessage().startsWith("f.yml: not YAML at line 3"), refused.getMessage());
  }

  @Test
  void objectsAreNeverBuilt() {
    assertThrows(
        UsageException.class,
        () -> ConfigFile.parse("f.yml", "name: !!javax.script.ScriptEngineManager [1]"));
    assertThrows(UsageException.class, () -> ConfigFile.parse("f.yml", "- just\n- a list"));
    assertThrows(UsageException.class, () -> ConfigFile.parse("f.yml", "name: {a: b}"));
    assertThrows(UsageException.class, () -> ConfigFile.parse("f.yml", "name: a\nname: b"));
  }

  @Test
  void withAFileFlagsAndVariablesDoNotCount(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("f.yml"), "name: from-file\n");
    FlagValues values =
        FlagValues.of(
            Map.of("config-file", file.toString(), "name", "from-flag"),
            Map.of("ETCD_NAME", "from-variable", "ETCD_LOG_LEVEL", "debug"));
    assertEquals("from-file", values.text(Flags.NAME));
    assertEquals("info", values.text(Flags.LOG_LEVEL));
    assertEquals(
        "flag --name is ignored because a configuration file is given", values.warnings().get(0));
  }

  @Test
  void aMissingFileIsNamed() {
    UsageException refused =
        assertThrows(
            UsageException.class,
            () -> FlagValues.of(Map.of(), Map.of("ETCD_CONFIG_FILE", "/nowhere/f.yml")));
    assertTrue(refused.getMessage().startsWith("--config-file=/nowhere/f.yml: cannot be read"));
  }
}
