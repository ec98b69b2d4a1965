package io.holdfast.server.rest.v1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.grpc.LiveMember;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The description and the server say the same. */
@Timeout(120)
class OpenApiTest {
  @TempDir Path directory;

  @Test
  void theDescriptionNamesTheMethodsAndParametersThatAreServed() throws Exception {
    try (LiveMember member = LiveMember.start(directory)) {
      Probe http = new Probe(member);
      JsonObject description = http.json("/api/v1/openapi.json");
      assertEquals("3.1.0", description.getString("openapi"));
      JsonObject paths = description.getJsonObject("paths");
      assertEquals(6, paths.size());
      for (String path : paths.fieldNames()) {
        String address = path.replaceAll("\\{.*}", "some/key");
        Set<String> described = new TreeSet<>();
        for (String method : paths.getJsonObject(path).fieldNames()) {
          if (!method.equals("parameters")) {
            described.add(method.toUpperCase(Locale.ROOT));
          }
        }
        String allow = Probe.header(http.send("OPTIONS", address, ""), "Allow");
        Set<String> served = new TreeSet<>(Arrays.asList(allow.split(", ")));
        served.remove("OPTIONS");
        assertEquals(served, described, path);
        parametersAreKnown(http, paths.getJsonObject(path), address);
      }
    }
  }

  /** What is described is understood: an unknown parameter would be refused by its name. */
  private static void parametersAreKnown(Probe http, JsonObject path, String address)
      throws Exception {
    JsonObject get = path.getJsonObject("get");
    if (get == null || !get.containsKey("parameters")) {
      return;
    }
    for (int i = 0; i < get.getJsonArray("parameters").size(); i++) {
      JsonObject parameter = get.getJsonArray("parameters").getJsonObject(i);
      if (parameter.getString("in").equals("query")) {
        String name = parameter.getString("name");
        String answer = Probe.text(http.get(address + "?" + name + "=!&unknown=1"));
        assertTrue(answer.contains("no parameter unknown"), answer);
        assertTrue(answer.contains(name), answer);
      }
    }
  }

  @Test
  void everyReferenceLeadsSomewhere() {
    String text = ApiV1.description();
    JsonObject components = new JsonObject(text).getJsonObject("components");
    for (String part : List.of(text.split("\"#/components/")).subList(1, 8)) {
      String[] names = part.substring(0, part.indexOf('"')).split("/");
      assertTrue(components.getJsonObject(names[0]).containsKey(names[1]), names[1]);
    }
  }
}
