package io.holdfast.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.grpc.ClientApi;
import io.holdfast.server.service.ClusterService;
import io.holdfast.server.service.ElectionService;
import io.holdfast.server.service.HealthFacts;
import io.holdfast.server.service.KeyValueService;
import io.holdfast.server.service.LeaseService;
import io.holdfast.server.service.LockService;
import io.holdfast.server.service.MaintenanceService;
import io.holdfast.server.service.WatchService;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every error of the protocol as JSON and as a problem of the API for people. */
@Timeout(60)
class FailureFormsTest {
  private static final int CLIENT_CLOSED_REQUEST = 499;

  private volatile EtcdError outcome;
  private ClientApi api;
  private Vertx vertx;
  private String base;

  @BeforeEach
  void start() throws Exception {
    ClientApi.UseCases useCases =
        new ClientApi.UseCases(
            failing(KeyValueService.class),
            failing(LeaseService.class),
            failing(WatchService.class),
            failing(ClusterService.class),
            failing(MaintenanceService.class),
            failing(LockService.class),
            failing(ElectionService.class),
            failing(io.holdfast.server.service.AuthService.class),
            () -> new HealthFacts(true, 0, 1, true, false, false));
    api = new ClientApi(useCases, new ClientApi.Options(1024, 1000));
    vertx = Vertx.vertx();
    RestApi rest = new RestApi(1024);
    Router router = Router.router(vertx);
    rest.addTo(router);
    rest.open(api, useCases);
    int port =
        vertx
            .createHttpServer()
            .requestHandler(router)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS)
            .actualPort();
    base = "http://127.0.0.1:" + port;
  }

  @AfterEach
  void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    api.close();
  }

  @Test
  void everyErrorKeepsCodeAndTextInBothForms() throws Exception {
    for (EtcdError error : EtcdError.values()) {
      outcome = error;
      HttpResponse<String> gateway = send("POST", "/v3/kv/put", "{\"key\":\"aw==\"}");
      JsonObject json = new JsonObject(gateway.body());
      assertEquals(error.text(), json.getString("error"));
      assertEquals(error.text(), json.getString("message"));
      assertEquals(error.code().number(), json.getInteger("code"), error.name());
      assertEquals(
          HttpStatus.of(Status.fromCodeValue(error.code().number()).getCode()),
          gateway.statusCode(),
          error.name());

      HttpResponse<String> people = send("PUT", "/api/v1/keys/k", "v");
      JsonObject problem = new JsonObject(people.body());
      assertEquals(
          "application/problem+json", people.headers().firstValue("Content-Type").orElse(""));
      assertEquals(error.text(), problem.getString("title"));
      assertEquals(error.code().number(), problem.getInteger("code"), error.name());
      assertEquals(people.statusCode(), problem.getInteger("status"), error.name());
      assertTrue(
          people.statusCode() >= 400
              && people.statusCode() <= 599
              && (people.statusCode() == CLIENT_CLOSED_REQUEST)
                  == (error.code() == io.holdfast.server.error.StatusCode.CANCELLED),
          error.name());
    }
  }

  private HttpResponse<String> send(String method, String path, String body) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(base + path))
                .version(HttpClient.Version.HTTP_1_1)
                .method(method, BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString());
  }

  /** Every method of the use case has the outcome of the moment. */
  /** On anybody's behalf it fails alike; authentication is off. */
  private Object answer(Object proxy, String method) {
    return switch (method) {
      case "isLearner", "isEnabled" -> false;
      case "as" -> proxy;
      default -> CompletableFuture.failedFuture(outcome.asException());
    };
  }

  private <T> T failing(Class<T> useCase) {
    return useCase.cast(
        Proxy.newProxyInstance(
            useCase.getClassLoader(),
            new Class<?>[] {useCase},
            (proxy, method, arguments) -> answer(proxy, method.getName())));
  }
}
