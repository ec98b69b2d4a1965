package io.holdfast.server.rest.v1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.holdfast.server.error.EtcdError;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProblemTest {
  @ParameterizedTest
  @EnumSource(EtcdError.class)
  void everyErrorOfTheProtocolIsAProblem(EtcdError error) {
    Status status = Status.fromCodeValue(error.code().number()).withDescription(error.text());
    Problem problem = Problem.of(status, false);
    JsonObject json = new JsonObject(problem.toJson());
    assertEquals(error.text(), json.getString("title"));
    assertEquals(error.code().number(), json.getInteger("code"));
    assertEquals(problem.status(), json.getInteger("status"));
    assertTrue(problem.status() >= 400 && problem.status() < 600);
    assertTrue(json.getString("type").matches("urn:holdfast:problem:[a-z-]+"));
    assertFalse(json.getString("detail").isEmpty());
    assertFalse(json.containsKey("outcome"), "a read has no outcome that could be unknown");
  }

  @Test
  void theUnknownOutcomeOfAWriteIsSaid() {
    Problem timeout = Problem.of(EtcdError.TIMEOUT, true);
    assertEquals("unknown", new JsonObject(timeout.toJson()).getString("outcome"));
    assertEquals(504, timeout.status());
    Problem refused = Problem.of(EtcdError.NO_SPACE, true);
    assertFalse(new JsonObject(refused.toJson()).containsKey("outcome"));
  }

  @Test
  void waitingClientsAreToldWhen() {
    assertEquals("1", Problem.of(EtcdError.NO_LEADER, false).headers().get("Retry-After"));
    assertEquals("1", Problem.of(EtcdError.TOO_MANY_REQUESTS, true).headers().get("Retry-After"));
    assertEquals(
        "Bearer", Problem.of(EtcdError.INVALID_AUTH_TOKEN, true).headers().get("WWW-Authenticate"));
  }
}
