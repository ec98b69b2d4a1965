package io.holdfast.server.rest.v1;

import io.holdfast.server.grpc.LiveMember;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/** A client of the API for people. */
final class Probe {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();
  private final String base;

  Probe(LiveMember member) {
    base = "http://" + member.address().getHostString() + ":" + member.address().getPort();
  }

  String base() {
    return base;
  }

  HttpResponse<byte[]> send(String method, String path, byte[] body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(PATIENCE)
            .method(
                method,
                body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  HttpResponse<byte[]> send(String method, String path, String body, String... headers)
      throws Exception {
    return send(method, path, body.getBytes(StandardCharsets.UTF_8), headers);
  }

  HttpResponse<byte[]> get(String path, String... headers) throws Exception {
    return send("GET", path, "", headers);
  }

  HttpResponse<byte[]> put(String path, String body, String... headers) throws Exception {
    return send("PUT", path, body, headers);
  }

  JsonObject json(String path) throws Exception {
    HttpResponse<byte[]> response = get(path);
    if (response.statusCode() != 200) {
      throw new AssertionError(path + " -> " + response.statusCode() + " " + text(response));
    }
    return new JsonObject(text(response));
  }

  static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  /** The lines of a stream up to the one that begins with {@code last}, blank ones left out. */
  List<String> linesUpTo(String path, String last, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path)).timeout(PATIENCE).GET();
    if (headers.length > 0) {
      request.headers(headers);
    }
    HttpResponse<Stream<String>> response = client.send(request.build(), BodyHandlers.ofLines());
    List<String> lines = new ArrayList<>();
    try (Stream<String> stream = response.body()) {
      Iterator<String> iterator = stream.iterator();
      while (iterator.hasNext()) {
        String line = iterator.next();
        if (!line.isEmpty()) {
          lines.add(line);
        }
        if (line.startsWith(last)) {
          return lines;
        }
      }
    }
    return lines;
  }
}
