package io.holdfast.server.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.app.flag.FlagValues;
import io.holdfast.server.app.flag.UsageException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerOptionsReaderTest {
  @Test
  void withoutFlagsThereIsOneMemberForThisMachine() {
    ServerOptions options = read(Map.of());
    assertEquals("default", options.name());
    assertEquals(Path.of("default.holdfast").toAbsolutePath(), options.dataDir());
    assertEquals("http://localhost:2379", options.listenClientUrls().get(0).toString());
    assertEquals("http://localhost:2380", options.listenPeerUrls().get(0).toString());
    assertEquals(Map.of("default", options.initialAdvertisePeerUrls()), options.initialCluster());
    assertTrue(options.clusterIsNew());
    assertTrue(options.warnings().isEmpty());
    assertTrue(options.listenMetricsUrls().isEmpty());
  }

  @Test
  void theDataDirectoryIsNamedAfterTheMember() {
    assertEquals(Path.of("n1.holdfast").toAbsolutePath(), read(Map.of("name", "n1")).dataDir());
  }

  @Test
  void anotherPeerAddressIsAdvertisedUnlessItIsEveryAddress() {
    ServerOptions own = read(Map.of("listen-peer-urls", "http://127.0.0.1:12380"));
    assertEquals("http://127.0.0.1:12380", own.initialAdvertisePeerUrls().get(0).toString());
    ServerOptions every = read(Map.of("listen-peer-urls", "http://0.0.0.0:12380"));
    assertEquals("http://localhost:2380", every.initialAdvertisePeerUrls().get(0).toString());
  }

  @Test
  void aClusterOfThreeIsRead() {
    ServerOptions options =
        read(
            Map.of(
                "name", "b",
                "initial-advertise-peer-urls", "http://b:2380",
                "initial-cluster", "a=http://a:2380,b=http://b:2380,c=http://c:1,c=http://c:2"));
    assertEquals(3, options.initialCluster().size());
    assertEquals(2, options.initialCluster().get("c").size());
  }

  @ParameterizedTest
  @CsvSource({
    "periodic,0,Off[]",
    "periodic,0s,Off[]",
    "periodic,1,Periodic[retention=PT1H]",
    "periodic,72,Periodic[retention=PT72H]",
    "periodic,5m,Periodic[retention=PT5M]",
    "revision,0,Off[]",
    "revision,1000,ByRevision[retention=1000]"
  })
  void automaticCompactionIsReadAsEtcdReadsIt(String mode, String retention, String expected) {
    Map<String, String> flags =
        Map.of("auto-compaction-mode", mode, "auto-compaction-retention", retention);
    assertEquals(expected, read(flags).limits().autoCompaction().toString());
  }

  @ParameterizedTest
  @CsvSource({"periodic,-1", "periodic,often", "revision,5m", "revision,-3", "periodic,''"})
  void absurdRetentionsAreRefused(String mode, String retention) {
    Map<String, String> flags =
        Map.of("auto-compaction-mode", mode, "auto-compaction-retention", retention);
    UsageException refused = assertThrows(UsageException.class, () -> read(flags));
    assertTrue(refused.getMessage().startsWith("--auto-compaction-retention="));
  }

  @Test
  void flagsBeatVariables() {
    FlagValues values =
        FlagValues.of(
            Map.of("name", "flag"),
            Map.of("ETCD_NAME", "variable", "ETCD_LOG_LEVEL", "warn", "ETCD_NO_SUCH", "x"));
    ServerOptions options = ServerOptionsReader.read(values);
    assertEquals("flag", options.name());
    assertEquals("warn", options.logging().level());
  }

  @Test
  void flagsWithoutEffectAreWarnedOfOnce() {
    List<String> warnings = read(Map.of("max-wals", "3")).warnings();
    assertEquals(List.of("flag --max-wals has no effect: segments are recycled"), warnings);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "listen-client-urls=http://0.0.0.0:1|--advertise-client-urls is required",
        "advertise-client-urls=http://0.0.0.0:1|name an address",
        "election-timeout=499|at least five times --heartbeat-interval, 500",
        "heartbeat-interval=-1|out of bounds",
        "heartbeat-interval=ten|not a whole number",
        "initial-cluster=default|write name=http://host:port",
        "initial-cluster=default=nonsense|a URL needs a scheme",
        "initial-cluster=default=http://localhost:2380,x=http://localhost:2380|the same URL",
        "initial-cluster-state=old|give one of new, existing",
        "backup-interval=1h|say where with --backup-dir",
        "backup-interval=500ms|give at least 1s",
        "backup-dir=x|say how often with --backup-interval",
        "backup-keep=0|out of bounds",
        "snapshot-count=0|out of bounds",
        "snapshot-catchup-entries=-5|out of bounds",
        "initial-cluster-token= |give a word",
        "name=a,b|one word",
        "listen-peer-urls=|give at least one URL",
        "listen-metrics-urls=http://localhost:1,localhost:2|a URL needs a scheme",
        "listen-peer-urls=http://localhost:1,https://localhost:2|either https:// for all",
        "listen-metrics-urls=https://localhost:1|TLS needs a certificate",
        "cors=console.example|write origins such as https://console.example:443",
        "cors=https://a/b|write origins such as",
        "unsafe-no-fsync=true|is refused",
        "pre-vote=maybe|give true or false",
        "watch-progress-notify-interval=1ms|at least 100ms",
        "reported-etcd-version=4.0.0|three numbers",
        "max-txn-ops=0|out of bounds",
        "no-such-flag=1|unknown flag --no-such-flag"
      })
  void whatCannotBeUsedIsSaidInOneLine(String flag, String part) {
    int equals = flag.indexOf('=');
    Map<String, String> given = new HashMap<>();
    given.put(flag.substring(0, equals), flag.substring(equals + 1));
    UsageException refused = assertThrows(UsageException.class, () -> read(given));
    assertTrue(refused.getMessage().contains(part), refused.getMessage());
    assertEquals(1, refused.getMessage().lines().count());
  }

  private static ServerOptions read(Map<String, String> flags) {
    return ServerOptionsReader.read(FlagValues.of(flags, Map.of()));
  }
}
