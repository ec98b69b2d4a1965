package io.holdfast.server.app.flag;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FlagTypeTest {
  @ParameterizedTest
  @CsvSource({
    "0,0",
    "0s,0",
    "5s,5000000000",
    "250ms,250000000",
    "1h30m,5400000000000",
    "1.5s,1500000000",
    ".5ms,500000",
    "600000000000ns,600000000000",
    "3us,3000"
  })
  void durationsAreReadAsGoWritesThem(String text, long nanos) {
    assertEquals(Optional.of(Duration.ofNanos(nanos)), GoDuration.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "s", "5 s", "-5s", "5x", "1h-3m", "99999999999h", "5s5"})
  void whatIsNoDurationIsRefused(String text) {
    assertEquals(Optional.empty(), GoDuration.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost:2379",
        "http://localhost",
        "ftp://localhost:21",
        "http://localhost:2379/path",
        "http://user@localhost:2379",
        "http://localhost:99999",
        "http://localhost:2379?x=1",
        "unix://socket:1",
        "https://localhost",
        "http:// :1",
        "2379"
      })
  void unusableUrlsAreRefused(String url) {
    assertTrue(new FlagType.Urls(false).problemWith(url).isPresent());
    assertTrue(new FlagType.Urls(false).problemWith("http://127.0.0.1:1," + url).isPresent());
  }

  @ParameterizedTest
  @CsvSource({
    "unix:///run/store.sock,/run/store.sock",
    "unix:/run/store.sock,/run/store.sock",
    "unix://localhost:2379,localhost:2379",
    "unix://m_1/store.sock,m_1/store.sock"
  })
  void unixSocketsAreNamedAsInEtcd(String text, String path) {
    assertEquals(Optional.empty(), new FlagType.Urls(true).problemWith(text));
    assertTrue(new FlagType.Urls(false).problemWith(text).isPresent());
    MemberUrl url = MemberUrl.parse(text);
    assertTrue(url.isUnixSocket());
    assertEquals(path, url.host());
    assertEquals("unix://" + path, url.toString());
    assertEquals(url, MemberUrl.parse(url.toString()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"unix://", "unix:", "unix:store", "unix:///a?b", "unix:///a/"})
  void unusableUnixSocketsAreRefused(String url) {
    assertTrue(new FlagType.Urls(true).problemWith(url).isPresent());
  }

  @Test
  void namesOfUnixSocketsFitTheSystem() {
    String longest = "/" + "s".repeat(106);
    assertTrue(new FlagType.Urls(true).problemWith("unix://" + longest).isEmpty());
    assertTrue(new FlagType.Urls(true).problemWith("unix://" + longest + "s").isPresent());
  }

  @Test
  void urlsAreReadWithoutRepetitions() {
    List<MemberUrl> urls =
        MemberUrl.list("http://a:1, http://[::1]:2379/,http://a:1,http://0.0.0.0:3");
    assertEquals(
        List.of("http://a:1", "http://[::1]:2379", "http://0.0.0.0:3"),
        urls.stream().map(MemberUrl::toString).toList());
    assertEquals("::1", urls.get(1).host());
    assertTrue(urls.get(2).isWildcard());
    assertFalse(urls.get(1).isWildcard());
  }

  @Test
  void numbersHaveBounds() {
    FlagType type = new FlagType.Whole(1, 10, "number");
    assertTrue(type.problemWith("10").isEmpty());
    for (String bad : List.of("0", "11", "-1", "1.5", "", "99999999999999999999", "0x5")) {
      assertTrue(type.problemWith(bad).isPresent(), bad);
    }
  }
}
