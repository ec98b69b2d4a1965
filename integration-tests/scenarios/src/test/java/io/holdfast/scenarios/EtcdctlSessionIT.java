package io.holdfast.scenarios;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.holdfast.harness.Cluster;
import io.holdfast.harness.Etcdctl;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.Programs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** The same session of etcd's own command line gives the same answers on etcd and on Holdfast. */
class EtcdctlSessionIT {
  @TempDir Path directory;

  @Test
  void theSameSessionGivesTheSameAnswers() throws IOException {
    assumeTrue(Programs.available("etcd") && Programs.available("etcdctl"));
    List<EtcdctlSession.Step> steps = EtcdctlSession.parse(resource("/etcdctl-session.txt"));
    List<String> expected = play(Flavor.ETCD, steps);
    List<String> actual = play(Flavor.HOLDFAST, steps);
    List<Executable> checks = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      String command = steps.get(i).line();
      String wanted = expected.get(i);
      String got = actual.get(i);
      checks.add(() -> assertEquals(wanted, got, "etcdctl " + command));
    }
    System.out.println("etcdctl session: " + steps.size() + " commands compared");
    assertAll(checks);
  }

  private List<String> play(Flavor flavor, List<EtcdctlSession.Step> steps) {
    try (Cluster cluster = Cluster.start(flavor, 1, directory.resolve(flavor.name()))) {
      return new EtcdctlSession(new Etcdctl(cluster.endpoints())).play(steps);
    }
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = EtcdctlSessionIT.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
