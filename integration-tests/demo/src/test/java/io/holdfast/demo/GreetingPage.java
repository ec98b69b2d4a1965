package io.holdfast.demo;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** What the running application answers; {@code log} explains a failure. */
final class GreetingPage {
  private static final long CHANGE_SECONDS_MAX = 30;

  private final HttpClient http = HttpClient.newHttpClient();
  private final int port;
  private final Supplier<String> log;

  GreetingPage(int port, Supplier<String> log) {
    this.port = port;
    this.log = log;
  }

  /** The greeting in the given form. */
  String get(String mediaType) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/greeting"))
            .header("Accept", mediaType)
            .build();
    HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new AssertionError(answer.statusCode() + " " + answer.body() + "\n" + log.get());
    }
    return answer.body();
  }

  void await(String expected) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CHANGE_SECONDS_MAX);
    String seen = get("text/plain");
    while (!seen.equals(expected + "\n")) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("still greets " + seen + ", not " + expected + "\n" + log.get());
      }
      TimeUnit.MILLISECONDS.sleep(10);
      seen = get("text/plain");
    }
  }
}
