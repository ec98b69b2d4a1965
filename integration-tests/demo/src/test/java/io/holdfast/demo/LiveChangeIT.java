package io.holdfast.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.driver.Connection;
import io.holdfast.driver.Drivers;
import io.holdfast.driver.testing.StoreProcess;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The packaged application follows a real store, also one that dies and comes back. */
class LiveChangeIT {
  private StoreProcess store;
  private Connection connection;

  @BeforeEach
  void start() {
    store = StoreProcess.start();
    connection = Drivers.connect(store.url());
  }

  @AfterEach
  void stop() {
    if (store != null) {
      connection.close();
      store.close();
    }
  }

  @Test
  void theGreetingFollowsTheStoreThroughItsDeath() throws Exception {
    try (DemoProcess demo =
        DemoProcess.launch(StoreProcess.freePort(), "-Dholdfast.config.url=" + store.url())) {
      demo.awaitReady();
      assertEquals("Nobody has greeted yet.\n", demo.get("text/plain"));
      long revision = connection.put("config/demo/greeting", "Hello, harbour").revision();
      demo.awaitGreeting("Hello, harbour");
      JsonObject seen =
          Json.createReader(new StringReader(demo.get("application/json"))).readObject();
      assertEquals("Hello, harbour", seen.getString("greeting"));
      assertEquals("Hello, harbour", seen.getString("supplier"));
      assertEquals("Hello, harbour", seen.getString("config"));
      String source = seen.getString("source");
      assertTrue(source.contains("config/demo/greeting@" + revision), source);

      store.kill();
      assertEquals("Hello, harbour\n", demo.get("text/plain"));
      store.restart();
      connection.put("config/demo/greeting", "Welcome back");
      demo.awaitGreeting("Welcome back");

      connection.delete("config/demo/greeting");
      demo.awaitGreeting("Nobody has greeted yet.");
      // 128 + SIGTERM: ended by the signal, after an orderly shutdown.
      assertEquals(143, demo.end(), demo::log);
      assertTrue(demo.log().contains("stopped in"), demo.log());
    }
  }

  @Test
  void theProfileOfProductionApplies() throws Exception {
    connection.put("config/demo/greeting", "plain");
    connection.put("config/demo,prod/greeting", "production");
    try (DemoProcess demo =
        DemoProcess.launch(StoreProcess.freePort(), "-Dholdfast.config.url=" + store.url())) {
      demo.awaitReady();
      assertEquals("production\n", demo.get("text/plain"));
      connection.delete("config/demo,prod/greeting");
      demo.awaitGreeting("plain");
    }
  }

  @Test
  void anAbsentStoreEndsTheStartInWords() throws Exception {
    store.kill();
    try (DemoProcess demo =
        DemoProcess.launch(
            StoreProcess.freePort(),
            "-Dholdfast.config.url=" + store.url(),
            "-Dholdfast.config.startup-timeout=3s")) {
      assertNotEquals(0, demo.awaitExit());
      assertTrue(demo.log().contains(store.endpoint()), demo.log());
      assertTrue(demo.log().contains("holdfast.config.on-absent=start-empty"), demo.log());
    }
  }

  @Test
  void anAbsentStoreCanBeCaughtUpWithLater() throws Exception {
    connection.put("config/demo/greeting", "Better late");
    store.kill();
    try (DemoProcess demo =
        DemoProcess.launch(
            StoreProcess.freePort(),
            "-Dholdfast.config.url=" + store.url(),
            "-Dholdfast.config.on-absent=start-empty",
            "-Dholdfast.config.startup-timeout=500ms")) {
      demo.awaitReady();
      assertEquals("Nobody has greeted yet.\n", demo.get("text/plain"));
      store.restart();
      demo.awaitGreeting("Better late");
    }
  }
}
