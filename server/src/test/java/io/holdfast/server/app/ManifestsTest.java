package io.holdfast.server.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.app.flag.Flag;
import io.holdfast.server.app.flag.FlagValues;
import io.holdfast.server.app.flag.Flags;
import io.holdfast.server.app.flag.MemberUrl;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Holds the Kubernetes manifests and the Dockerfile against what the server really has. */
class ManifestsTest {
  private static final Path ROOT = Path.of("..");
  private static final Path BASE = ROOT.resolve("k8s/base");
  private static final Path DOCKERFILE = ROOT.resolve("src/main/docker/Dockerfile.jvm");
  private static final List<String> PROBES = List.of("started", "ready", "live");

  @Test
  void theKustomizationNamesExactlyTheFilesThatAreThere() throws IOException {
    List<Object> named = list(yaml("kustomization.yaml"), "resources");
    try (var files = Files.list(BASE)) {
      List<Object> present =
          files
              .map(file -> (Object) file.getFileName().toString())
              .filter(name -> !name.equals("kustomization.yaml"))
              .sorted()
              .toList();
      assertEquals(present, named.stream().sorted().toList());
    }
  }

  @Test
  void everyMembersFlagsAreAcceptedAndAgree() throws IOException {
    Map<String, List<MemberUrl>> cluster = null;
    int replicas = (int) at(yaml("statefulset.yaml"), "spec", "replicas");
    for (int ordinal = 0; ordinal < replicas; ordinal++) {
      ServerOptions options = optionsOf("holdfast-" + ordinal);
      assertTrue(options.warnings().isEmpty(), options.warnings().toString());
      assertEquals(replicas, options.initialCluster().size());
      if (cluster != null) {
        assertEquals(cluster, options.initialCluster());
      }
      cluster = options.initialCluster();
      String service = String.valueOf(at(yaml("service-headless.yaml"), "metadata", "name"));
      assertEquals(
          "holdfast-" + ordinal + "." + service, options.initialAdvertisePeerUrls().get(0).host());
      assertEquals(service, at(yaml("statefulset.yaml"), "spec", "serviceName"));
    }
  }

  @Test
  void portsAreThoseOfTheFlags() throws IOException {
    ServerOptions options = optionsOf("holdfast-0");
    Map<String, Integer> ports = containerPorts();
    assertEquals(options.listenClientUrls().get(0).port(), ports.get("client"));
    assertEquals(options.listenPeerUrls().get(0).port(), ports.get("peer"));
    assertEquals(options.listenMetricsUrls().get(0).port(), ports.get("metrics"));
    assertEquals(defaultPort(Flags.LISTEN_CLIENT_URLS), ports.get("client"), "etcd's usual port");
    assertEquals(defaultPort(Flags.LISTEN_PEER_URLS), ports.get("peer"), "etcd's usual port");
    for (String file : List.of("service-headless.yaml", "service-client.yaml")) {
      for (Object port : list(yaml(file), "spec", "ports")) {
        assertEquals(ports.get(at(port, "targetPort")), at(port, "port"), file);
      }
    }
    Map<?, ?> annotations =
        (Map<?, ?>) at(yaml("statefulset.yaml"), "spec", "template", "metadata", "annotations");
    assertEquals(String.valueOf(ports.get("metrics")), annotations.get("prometheus.io/port"));
    assertEquals(
        applicationProperties().getProperty("quarkus.micrometer.export.prometheus.path"),
        annotations.get("prometheus.io/path"));
  }

  @Test
  void probesAskThePagesThatTheMetricsListenerServes() throws IOException {
    assertEquals("true", applicationProperties().getProperty("quarkus.management.enabled"));
    Object container = container();
    List<String> names = List.of("startupProbe", "readinessProbe", "livenessProbe");
    for (int i = 0; i < names.size(); i++) {
      Object get = at(container, names.get(i), "httpGet");
      assertEquals("metrics", at(get, "port"), names.get(i));
      assertEquals("/q/health/" + PROBES.get(i), at(get, "path"), names.get(i));
    }
    for (String changed :
        List.of("quarkus.smallrye-health.root-path", "quarkus.management.root-path")) {
      assertFalse(applicationProperties().containsKey(changed), changed + " would move the probes");
    }
  }

  @Test
  void thePodWritesToItsVolumeOnly() throws IOException {
    Object container = container();
    assertEquals(true, at(container, "securityContext", "readOnlyRootFilesystem"));
    assertEquals(false, at(container, "securityContext", "allowPrivilegeEscalation"));
    Object pod = at(yaml("statefulset.yaml"), "spec", "template", "spec");
    assertEquals(true, at(pod, "securityContext", "runAsNonRoot"));
    Path mount =
        Path.of((String) at(((List<?>) at(container, "volumeMounts")).get(0), "mountPath"));
    assertTrue(optionsOf("holdfast-0").dataDir().startsWith(mount));
    String dockerfile = Files.readString(DOCKERFILE);
    String user =
        at(pod, "securityContext", "runAsUser") + ":" + at(pod, "securityContext", "runAsGroup");
    assertTrue(dockerfile.contains("\nUSER " + user + "\n"), "the image's user is " + user);
    assertTrue(dockerfile.contains("\nVOLUME " + mount + "\n"));
  }

  @Test
  void selectorsMatchTheLabels() throws IOException {
    Object labels = at(yaml("statefulset.yaml"), "spec", "template", "metadata", "labels");
    assertEquals(labels, at(yaml("statefulset.yaml"), "spec", "selector", "matchLabels"));
    assertEquals(labels, at(yaml("pod-disruption-budget.yaml"), "spec", "selector", "matchLabels"));
    assertEquals(labels, at(yaml("service-headless.yaml"), "spec", "selector"));
    assertEquals(labels, at(yaml("service-client.yaml"), "spec", "selector"));
    assertEquals(true, at(yaml("service-headless.yaml"), "spec", "publishNotReadyAddresses"));
  }

  @Test
  void theImageUsesFlagsThatExistAndRunsWithoutAShell() throws IOException {
    String dockerfile = Files.readString(DOCKERFILE).replace("\\\n", " ");
    Map<String, String> environment = new HashMap<>();
    Matcher variable = Pattern.compile("(ETCD_[A-Z_]+)=(\\S+)").matcher(dockerfile);
    while (variable.find()) {
      environment.put(variable.group(1), variable.group(2));
    }
    List<String> known = Flags.all().stream().map(Flag::environmentName).toList();
    assertEquals(5, environment.size());
    assertTrue(known.containsAll(environment.keySet()), environment.keySet().toString());
    ServerOptions options = ServerOptionsReader.read(FlagValues.of(Map.of(), environment));
    assertTrue(options.warnings().isEmpty());
    List<String> exposed = new ArrayList<>();
    for (List<MemberUrl> urls :
        List.of(
            options.listenClientUrls(), options.listenPeerUrls(), options.listenMetricsUrls())) {
      exposed.add(String.valueOf(urls.get(0).port()));
    }
    assertTrue(dockerfile.contains("\nEXPOSE " + String.join(" ", exposed) + "\n"));
    assertTrue(dockerfile.contains("\nENTRYPOINT [\"java\","), "exec form: signals reach java");
    assertTrue(dockerfile.contains("\nCMD [\"server\"]"));
    assertEquals(
        DOCKERFILE.toString(),
        applicationProperties().getProperty("quarkus.docker.dockerfile-jvm-path"));
  }

  private static int defaultPort(Flag flag) {
    return FlagValues.of(Map.of(), Map.of()).urls(flag).get(0).port();
  }

  private static ServerOptions optionsOf(String pod) throws IOException {
    Map<String, String> flags = new TreeMap<>();
    List<Object> arguments = new ArrayList<>((List<?>) at(container(), "args"));
    assertEquals("server", arguments.remove(0));
    for (Object argument : arguments) {
      String[] parts = ((String) argument).replace("$(POD_NAME)", pod).split("=", 2);
      assertTrue(parts[0].startsWith("--"), parts[0]);
      flags.put(parts[0].substring(2), parts[1]);
    }
    return ServerOptionsReader.read(FlagValues.of(flags, Map.of()));
  }

  private static Map<String, Integer> containerPorts() throws IOException {
    Map<String, Integer> ports = new HashMap<>();
    for (Object port : (List<?>) at(container(), "ports")) {
      ports.put((String) at(port, "name"), (Integer) at(port, "containerPort"));
    }
    return ports;
  }

  private static Object container() throws IOException {
    return list(yaml("statefulset.yaml"), "spec", "template", "spec", "containers").get(0);
  }

  private static Object yaml(String file) throws IOException {
    return new Yaml(new SafeConstructor(new LoaderOptions()))
        .load(Files.readString(BASE.resolve(file)));
  }

  @SuppressWarnings("unchecked")
  private static List<Object> list(Object from, String... path) {
    return (List<Object>) at(from, path);
  }

  private static Object at(Object from, String... path) {
    Object value = from;
    for (String step : path) {
      assertTrue(value instanceof Map, "no section above " + step);
      value = ((Map<?, ?>) value).get(step);
    }
    return value;
  }

  private static Properties applicationProperties() throws IOException {
    Properties properties = new Properties();
    try (InputStream file = ManifestsTest.class.getResourceAsStream("/application.properties")) {
      properties.load(file);
    }
    return properties;
  }
}
