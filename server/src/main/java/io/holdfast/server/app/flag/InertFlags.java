package io.holdfast.server.app.flag;

import io.holdfast.server.app.flag.Flag.Group;
import io.holdfast.server.app.flag.Flag.Support;
import java.util.List;
import java.util.Map;

/**
 * The rows of etcd's flags that do nothing here. A harmless one is accepted with a warning; one
 * whose silent absence would leave a cluster less safe than its operator believes is refused.
 */
final class InertFlags {
  private static final FlagType TEXT = new FlagType.Text("text");
  private static final FlagType BOOL = new FlagType.Bool();
  private static final FlagType TIME = new FlagType.Time();
  private static final FlagType NUMBER = new FlagType.Whole(0, Long.MAX_VALUE, "number");

  private static final String NOT_YET = "not implemented in this version";
  private static final String NO_DISCOVERY =
      "discovery is not implemented in this version; list the members in --initial-cluster";
  private static final String OTHER_ENGINE = "belongs to another storage engine";

  private InertFlags() {}

  static void addTo(Map<String, Flag> table) {
    discovery(table);
    limits(table);
    engine(table);
    observe(table);
    experimental(table);
  }

  private static void discovery(Map<String, Flag> table) {
    for (String name :
        List.of(
            "discovery",
            "discovery-token",
            "discovery-endpoints",
            "discovery-srv",
            "discovery-srv-name",
            "discovery-proxy",
            "discovery-cert",
            "discovery-key",
            "discovery-cacert",
            "discovery-user",
            "discovery-password")) {
      refused(table, Group.CLUSTER, name, TEXT, "", NO_DISCOVERY);
    }
    inert(table, Group.CLUSTER, "discovery-fallback", TEXT, "exit", NO_DISCOVERY);
    inert(table, Group.CLUSTER, "discovery-dial-timeout", TIME, "2s", NO_DISCOVERY);
    inert(table, Group.CLUSTER, "discovery-request-timeout", TIME, "5s", NO_DISCOVERY);
    inert(table, Group.CLUSTER, "discovery-keepalive-time", TIME, "2s", NO_DISCOVERY);
    inert(table, Group.CLUSTER, "discovery-keepalive-timeout", TIME, "6s", NO_DISCOVERY);
    inert(table, Group.CLUSTER, "discovery-insecure-transport", BOOL, "true", NO_DISCOVERY);
    inert(table, Group.CLUSTER, "discovery-insecure-skip-tls-verify", BOOL, "false", NO_DISCOVERY);
    inert(
        table,
        Group.CLUSTER,
        "initial-election-tick-advance",
        BOOL,
        "true",
        "a member decides by itself when it may ask to lead");
  }

  private static void limits(Map<String, Flag> table) {
    inert(table, Group.LIMITS, "compaction-batch-limit", NUMBER, "1000", "steps are sized by time");
    inert(
        table, Group.LIMITS, "compaction-sleep-interval", TIME, "10ms", "steps are sized by time");
    inert(table, Group.LIMITS, "downgrade-check-time", TIME, "5s", NOT_YET);
    inert(table, Group.LIMITS, "feature-gates", TEXT, "", "there are no feature gates");
  }

  private static void engine(Map<String, Flag> table) {
    refused(
        table,
        Group.OTHER,
        "unsafe-no-fsync",
        BOOL,
        "false",
        "nothing is acknowledged before it is on disk");
    inert(table, Group.OTHER, "max-wals", NUMBER, "5", "segments are recycled");
    inert(table, Group.OTHER, "max-snapshots", NUMBER, "5", "one snapshot is kept");
    inert(table, Group.OTHER, "memory-mlock", BOOL, "false", OTHER_ENGINE);
    inert(table, Group.OTHER, "backend-bbolt-freelist-type", TEXT, "map", OTHER_ENGINE);
    inert(table, Group.OTHER, "backend-batch-interval", TIME, "0s", OTHER_ENGINE);
    inert(table, Group.OTHER, "backend-batch-limit", NUMBER, "0", OTHER_ENGINE);
    inert(table, Group.OTHER, "bootstrap-defrag-threshold-megabytes", NUMBER, "0", OTHER_ENGINE);
    inert(table, Group.OTHER, "raft-read-timeout", TIME, "5s", "peers speak another protocol");
    inert(table, Group.OTHER, "raft-write-timeout", TIME, "5s", "peers speak another protocol");
    inert(table, Group.OTHER, "socket-reuse-port", BOOL, "false", NOT_YET);
    inert(table, Group.OTHER, "socket-reuse-address", BOOL, "false", "always on");
    inert(table, Group.OTHER, "enable-v2", BOOL, "false", "the v2 API does not exist here");
    inert(table, Group.OTHER, "v2-deprecation", TEXT, "", "the v2 API does not exist here");
    for (String name : List.of("proxy", "proxy-failure-wait", "proxy-refresh-interval")) {
      inert(table, Group.OTHER, name, TEXT, "", "the v2 proxy does not exist here");
    }
  }

  private static void observe(Map<String, Flag> table) {
    inert(
        table,
        Group.OBSERVE,
        "metrics",
        new FlagType.Choice(List.of("basic", "extensive")),
        "basic",
        "all metrics are always there");
    inert(table, Group.OBSERVE, "logger", TEXT, "zap", "there is one logger");
    inert(table, Group.OBSERVE, "debug", BOOL, "false", "write --log-level=debug");
    inert(table, Group.OBSERVE, "log-package-levels", TEXT, "", "write --log-level");
    inert(table, Group.OBSERVE, "enable-pprof", BOOL, "false", "use the JVM's own tools");
    inert(table, Group.OBSERVE, "enable-distributed-tracing", BOOL, "false", NOT_YET);
    for (String name : List.of("address", "service-name", "instance-id", "sampling-rate")) {
      inert(table, Group.OBSERVE, "distributed-tracing-" + name, TEXT, "", NOT_YET);
    }
  }

  /** Names that etcd 3.4 and 3.5 put before features which later lost the prefix or went away. */
  private static void experimental(Map<String, Flag> table) {
    for (String name :
        List.of(
            "bootstrap-defrag-threshold-megabytes",
            "compact-hash-check-time",
            "compaction-batch-limit",
            "compaction-sleep-interval",
            "corrupt-check-time",
            "distributed-tracing-address",
            "distributed-tracing-instance-id",
            "distributed-tracing-sampling-rate",
            "distributed-tracing-service-name",
            "downgrade-check-time",
            "enable-v2v3",
            "max-learners",
            "snapshot-catchup-entries",
            "warning-apply-duration",
            "warning-unary-request-duration",
            "watch-progress-notify-interval")) {
      experiment(table, name, TEXT);
    }
    for (String name :
        List.of(
            "compact-hash-check-enabled",
            "enable-distributed-tracing",
            "enable-lease-checkpoint",
            "enable-lease-checkpoint-persist",
            "initial-corrupt-check",
            "memory-mlock",
            "peer-skip-client-san-verification",
            "stop-grpc-service-on-defrag",
            "txn-mode-write-with-shared-buffer")) {
      experiment(table, name, BOOL);
    }
  }

  private static void experiment(Map<String, Flag> table, String name, FlagType type) {
    String old = Flag.EXPERIMENTAL + name;
    Flag plain = table.get(name);
    if (plain != null && plain.support() == Support.USED) {
      String text = "The name of --" + name + " in older versions of etcd.";
      table.put(old, new Flag(old, Group.OTHER, plain.type(), "", Support.OLD_NAME, text));
    } else {
      inert(table, Group.OTHER, old, type, "", "an experiment of etcd's");
    }
  }

  private static void inert(
      Map<String, Flag> table,
      Group group,
      String name,
      FlagType type,
      String defaultValue,
      String reason) {
    table.put(name, new Flag(name, group, type, defaultValue, Support.INERT, reason));
  }

  private static void refused(
      Map<String, Flag> table,
      Group group,
      String name,
      FlagType type,
      String defaultValue,
      String reason) {
    table.put(name, new Flag(name, group, type, defaultValue, Support.REFUSED, reason));
  }
}
