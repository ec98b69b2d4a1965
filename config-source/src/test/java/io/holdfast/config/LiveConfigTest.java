package io.holdfast.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.driver.Bytes;
import io.holdfast.driver.Connection;
import io.holdfast.driver.Drivers;
import io.holdfast.driver.PutRequest;
import io.holdfast.driver.TxnRequest;
import io.holdfast.driver.testing.StoreProcess;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.eclipse.microprofile.config.spi.ConfigSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What an application sees through SmallRye Config while a real store changes, dies and returns.
 */
class LiveConfigTest {
  private final Map<String, String> settings = new HashMap<>();
  private final List<SmallRyeConfig> configs = new ArrayList<>();
  private StoreProcess store;
  private Connection connection;

  @BeforeEach
  void start() {
    store = StoreProcess.start();
    connection = Drivers.connect(store.url());
    set("holdfast.config.url", store.url());
    set("holdfast.config.application", "demo");
  }

  @AfterEach
  void stop() {
    for (SmallRyeConfig config : configs) {
      closeSources(config);
    }
    settings.keySet().forEach(System::clearProperty);
    if (store != null) {
      connection.close();
      store.close();
    }
  }

  private void set(String key, String value) {
    settings.put(key, value);
    System.setProperty(key, value);
  }

  private SmallRyeConfig config() {
    SmallRyeConfig config =
        new SmallRyeConfigBuilder()
            .addDefaultInterceptors()
            .addDefaultSources()
            .addDiscoveredSources()
            .build();
    configs.add(config);
    return config;
  }

  private static Optional<HoldfastConfigSource> source(SmallRyeConfig config) {
    for (ConfigSource source : config.getConfigSources()) {
      if (source instanceof HoldfastConfigSource holdfast) {
        return Optional.of(holdfast);
      }
    }
    return Optional.empty();
  }

  private static void closeSources(SmallRyeConfig config) {
    source(config).ifPresent(HoldfastConfigSource::close);
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "not within 30 s");
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  private static void awaitValue(SmallRyeConfig config, String name, String expected)
      throws InterruptedException {
    await(() -> expected.equals(config.getOptionalValue(name, String.class).orElse("(missing)")));
  }

  @Test
  void valuesFollowTheStore() throws Exception {
    connection.put("config/demo/greeting/text", "hello");
    SmallRyeConfig config = config();
    Supplier<String> supplier = () -> config.getValue("greeting.text", String.class);
    assertEquals("hello", supplier.get());
    connection.put("config/demo/greeting/text", "welcome");
    connection.put("config/demo/limit", "42");
    awaitValue(config, "limit", "42");
    assertEquals("welcome", supplier.get());
    assertEquals(42, config.getValue("limit", Integer.class));
    connection.delete("config/demo/limit");
    await(() -> config.getOptionalValue("limit", Integer.class).isEmpty());
    assertThrows(NoSuchElementException.class, () -> config.getValue("limit", Integer.class));
  }

  @Test
  void aDeletedKeyFallsBackToTheNextSource() throws Exception {
    SmallRyeConfig config = config();
    assertEquals("file", config.getValue("from.file", String.class));
    connection.put("config/demo/from/file", "store");
    awaitValue(config, "from.file", "store");
    connection.delete("config/demo/from/file");
    awaitValue(config, "from.file", "file");
  }

  @Test
  void systemPropertiesWinOverTheStoreWhichWinsOverFiles() {
    connection.put("config/demo/from/everywhere", "store");
    connection.put("config/demo/from/file", "store");
    set("from.everywhere", "system");
    SmallRyeConfig config = config();
    assertEquals("system", config.getValue("from.everywhere", String.class));
    assertEquals("store", config.getValue("from.file", String.class));
    set("holdfast.config.ordinal", "500");
    assertEquals("store", config().getValue("from.everywhere", String.class));
  }

  @Test
  void strongerLayersWin() throws Exception {
    set("holdfast.config.profile", "eu,prod");
    connection.put("config/application/a", "shared");
    connection.put("config/application/b", "shared");
    connection.put("config/application/c", "shared");
    connection.put("config/application,prod/b", "shared-prod");
    connection.put("config/application,prod/c", "shared-prod");
    connection.put("config/demo/c", "demo");
    connection.put("config/demo/d", "demo");
    connection.put("config/demo,eu/d", "demo-eu");
    connection.put("config/demo,eu/e", "demo-eu");
    connection.put("config/demo,prod/e", "demo-prod");
    connection.put("config/demo,dev/a", "another profile");
    connection.put("config/demolition/a", "another application");
    connection.put("config/cart/a", "another application");
    SmallRyeConfig config = config();
    assertEquals("shared", config.getValue("a", String.class));
    assertEquals("shared-prod", config.getValue("b", String.class));
    assertEquals("demo", config.getValue("c", String.class));
    assertEquals("demo-eu", config.getValue("d", String.class));
    assertEquals("demo-prod", config.getValue("e", String.class));
    connection.delete("config/demo,prod/e");
    awaitValue(config, "e", "demo-eu");
  }

  @Test
  void aValueTellsWhereItComesFrom() {
    long revision = connection.put("config/demo/greeting", "hello").revision();
    String provenance = config().getConfigValue("greeting").getConfigSourceName();
    assertTrue(provenance.contains("config/demo/greeting@" + revision), provenance);
    assertTrue(provenance.contains(store.endpoint()), provenance);
  }

  @Test
  void oneRevisionIsSeenAsAWhole() throws Exception {
    connection.txn(both("0"));
    SmallRyeConfig config = config();
    HoldfastConfigSource source = source(config).orElseThrow();
    AtomicBoolean writing = new AtomicBoolean(true);
    Thread writer =
        new Thread(
            () -> {
              for (int round = 1; round <= 300; round++) {
                connection.txn(both(Integer.toString(round)));
              }
              writing.set(false);
            });
    writer.start();
    while (writing.get()) {
      Map<String, String> seen = source.getProperties();
      assertEquals(seen.get("left"), seen.get("right"));
    }
    writer.join();
    awaitValue(config, "left", "300");
  }

  private static TxnRequest both(String value) {
    return TxnRequest.of(
        PutRequest.of("config/application/left", value), PutRequest.of("config/demo/right", value));
  }

  @Test
  void anAbsentStoreFailsTheStartInWords() {
    store.kill();
    set("holdfast.config.startup-timeout", "3s");
    IllegalStateException failed = assertThrows(IllegalStateException.class, this::config);
    String message = failed.getMessage();
    assertTrue(message.contains(store.endpoint()), message);
    assertTrue(message.contains("holdfast.config.on-absent=start-empty"), message);
    assertTrue(message.contains("refused"), message);
  }

  @Test
  void anAbsentStoreCanBeCaughtUpWithLater() throws Exception {
    connection.put("config/demo/from/file", "store");
    store.kill();
    set("holdfast.config.startup-timeout", "500ms");
    set("holdfast.config.on-absent", "start-empty");
    SmallRyeConfig config = config();
    assertEquals("file", config.getValue("from.file", String.class));
    store.restart();
    awaitValue(config, "from.file", "store");
  }

  @Test
  void aStoreThatIsKilledAndReturnsLosesNothingAndIsLoggedOnce() throws Exception {
    List<LogRecord> log = new ArrayList<>();
    Logger logger = Logger.getLogger(LiveStore.class.getName());
    Handler handler = collecting(log);
    logger.addHandler(handler);
    try {
      connection.put("config/demo/greeting", "before");
      SmallRyeConfig config = config();
      store.kill();
      await(() -> warnings(log) == 1);
      TimeUnit.MILLISECONDS.sleep(500);
      assertEquals("before", config.getValue("greeting", String.class));
      store.restart();
      connection.put("config/demo/greeting", "after");
      awaitValue(config, "greeting", "after");
      assertEquals(1, warnings(log));
    } finally {
      logger.removeHandler(handler);
    }
  }

  private static long warnings(List<LogRecord> log) {
    synchronized (log) {
      return log.stream().filter(entry -> entry.getLevel() == Level.WARNING).count();
    }
  }

  private static Handler collecting(List<LogRecord> log) {
    return new Handler() {
      @Override
      public void publish(LogRecord entry) {
        synchronized (log) {
          log.add(entry);
        }
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  @Test
  void severalConfigsOfAnApplicationShareOneWatch() {
    HoldfastConfigSource first = source(config()).orElseThrow();
    HoldfastConfigSource second = source(config()).orElseThrow();
    assertTrue(first.snapshot() == second.snapshot());
    first.close();
    assertFalse(second.getPropertyNames().contains("fresh"));
    connection.put("config/demo/fresh", "1");
    assertTimely(() -> second.getPropertyNames().contains("fresh"));
  }

  private static void assertTimely(BooleanSupplier condition) {
    try {
      await(condition);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError(interrupted);
    }
  }

  @Test
  void tooManyKeysAreRefusedAtTheStart() {
    set("holdfast.config.keys-max", "2");
    for (int index = 0; index < 3; index++) {
      connection.put("config/demo/k" + index, "v");
    }
    IllegalStateException failed = assertThrows(IllegalStateException.class, this::config);
    assertTrue(failed.getMessage().contains("keys-max"), failed.getMessage());
  }

  @Test
  void binaryValuesAreLeftOut() {
    connection.put(
        Bytes.utf8("config/demo/binary"), Bytes.of(new byte[] {(byte) 0xff, (byte) 0xfe}));
    connection.put("config/demo/text", "grün");
    SmallRyeConfig config = config();
    assertEquals(Optional.empty(), config.getOptionalValue("binary", String.class));
    assertEquals("grün", config.getValue("text", String.class));
  }

  @Test
  void cachesOfRuntimesAreSwitchedOff() {
    HoldfastConfigSource source = source(config()).orElseThrow();
    assertEquals("0", source.getValue("mp.config.cache.duration"));
    assertEquals(null, source.getValue("unknown"));
    assertFalse(source.getPropertyNames().contains("mp.config.cache.duration"));
  }

  @Test
  void withoutUrlOrWhenSwitchedOffThereIsNoSource() {
    set("holdfast.config.enabled", "false");
    assertTrue(source(config()).isEmpty());
    settings.keySet().forEach(System::clearProperty);
    assertTrue(source(config()).isEmpty());
  }
}
