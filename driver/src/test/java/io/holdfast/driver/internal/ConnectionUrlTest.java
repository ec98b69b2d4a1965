package io.holdfast.driver.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.driver.Consistency;
import io.holdfast.driver.DriverProperty;
import io.holdfast.driver.Drivers;
import io.holdfast.driver.InvalidUrlException;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What URLs and properties may look like, and what is said about those that may not. */
class ConnectionUrlTest {
  private static Settings parse(String url) {
    return ConnectionUrl.parse(url, new Properties());
  }

  @Test
  void readsEveryPart() {
    Properties properties = new Properties();
    properties.setProperty("password", "s3cret");
    properties.setProperty("requestTimeout", "9s");
    Settings settings =
        ConnectionUrl.parse(
            "etcd://me@h1:2379,[::1]:99,h3/team/a?requestTimeout=250ms&consistency=serializable",
            properties);
    assertEquals("[h1:2379, [::1]:99, h3:2379]", settings.endpoints().toString());
    assertEquals(Optional.of("me"), settings.user());
    assertEquals("team/a/", settings.namespace());
    assertEquals(Duration.ofMillis(250), settings.requestTimeout());
    assertEquals(Consistency.SERIALIZABLE, settings.consistency());
    assertFalse(settings.toString().contains("s3cret"));
  }

  @Test
  void hasDefaultsForEverything() {
    Settings settings = parse("etcd://localhost");
    assertEquals("", settings.namespace());
    assertEquals(Duration.ofSeconds(5), settings.requestTimeout());
    assertEquals(Consistency.LINEARIZABLE, settings.consistency());
    assertFalse(settings.isTls());
    assertTrue(settings.requireLeader());
  }

  @Test
  void decodesPercentsAndKeepsPlus() {
    assertEquals("a b+c/", parse("etcd://h/a%20b+c").namespace());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          etcd://h?requesttimeout=5s           | requestTimeout | nearest is `requestTimeout`
          etcd://h?timeout=5s                  | -              | there is no property `timeout`
          etcd://h?consistancy=serializable    | consistency    | nearest is `consistency`
          etcd://h?requestTimeout=5            | requestTimeout | with a unit
          etcd://h?requestTimeout=0s           | requestTimeout | above 0
          etcd://h?consistency=eventual        | consistency    | one of linearizable, serializable
          etcd://h?requireLeader=yes           | requireLeader  | must be true or false
          etcd://h?pageSize=0                  | pageSize       | whole number
          etcd://h?pageSize=1&pageSize=2       | pageSize       | given twice
          etcd://h?pageSize                    | pageSize       | needs a value
          etcd://h?keepAliveTime=1s            | keepAliveTime  | at least 10s
          etcd://h?backoffMin=2s&backoffMax=1s | backoffMax     | not be less than backoffMin
          etcd://h?password=x                  | password       | must not stand in the URL
          etcd://me:x@h                        | password       | must not stand in the URL
          etcd://me@h                          | password       | is missing
          etcd://@h                            | user           | is empty
          etcd://h?rootcert=/etc/ca.pem        | tls            | tls is off
          etcd://h?tls=verify-full&cert=/c.pem | key            | is missing
          etcd://h?tls=verify-full&rootcert=/a | rootcert       | cannot be read
          etcd://h/a%zz                        | -              | two hexadecimal digits
          etcd://                              | -              | is not an endpoint
          etcd://h:0                           | -              | is not an endpoint
          etcd://h:65536                       | -              | is not an endpoint
          etcd://h:                            | -              | is not an endpoint
          etcd://h:x                           | -              | is not an endpoint
          etcd://h,                            | -              | is not an endpoint
          etcd://h h                           | -              | is not an endpoint
          etcd://[::1                          | -              | is not an endpoint
          etcd://h,h:2379                      | -              | given twice
          http://h:2379                        | -              | must begin with etcd://
          """)
  void refusesInWordsThatHelp(String url, String property, String words) {
    InvalidUrlException refused =
        assertThrows(InvalidUrlException.class, () -> Drivers.connect(url).close());
    assertTrue(refused.getMessage().contains(words), refused.getMessage());
    assertEquals("22023", refused.state());
    if (!property.equals("-")) {
      assertEquals(
          Optional.of(property), refused.nearestProperty().map(DriverProperty::propertyName));
    }
  }

  @Test
  void refusesUnknownPropertiesToo() {
    Properties properties = new Properties();
    properties.setProperty("usr", "me");
    InvalidUrlException refused =
        assertThrows(InvalidUrlException.class, () -> ConnectionUrl.parse("etcd://h", properties));
    assertEquals(Optional.of(DriverProperty.USER), refused.nearestProperty());
  }

  @Test
  void neverRepeatsAPassword() {
    InvalidUrlException refused =
        assertThrows(InvalidUrlException.class, () -> parse("etcd://me:s3cret@h"));
    assertFalse(refused.getMessage().contains("s3cret"));
  }
}
