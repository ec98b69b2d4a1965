package io.holdfast.driver.internal;

import io.holdfast.driver.DriverProperty;
import io.holdfast.driver.InvalidUrlException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * Reads {@code etcd://[user@]host:port[,host:port...][/namespace][?property=value&...]}.
 *
 * <p>No message repeats the URL as a whole: it might hold a password that should not be there.
 */
final class ConnectionUrl {
  static final String SCHEME = "etcd://";
  private static final int DEFAULT_PORT = 2379;
  private static final int URL_LENGTH_MAX = 8192;
  private static final int ENDPOINTS_MAX = 64;

  private ConnectionUrl() {}

  static Settings parse(String url, Properties properties) {
    if (!url.startsWith(SCHEME)) {
      throw new InvalidUrlException("a URL must begin with " + SCHEME, null);
    }
    if (url.length() > URL_LENGTH_MAX) {
      throw new InvalidUrlException(
          "a URL may have " + URL_LENGTH_MAX + " characters, not " + url.length(), null);
    }
    Map<DriverProperty, String> values = new EnumMap<>(DriverProperty.class);
    for (String name : properties.stringPropertyNames()) {
      values.put(PropertyValues.named(name), properties.getProperty(name));
    }
    String rest = url.substring(SCHEME.length());
    int question = rest.indexOf('?');
    Map<DriverProperty, String> inUrl = new EnumMap<>(DriverProperty.class);
    if (question >= 0) {
      readQuery(rest.substring(question + 1), inUrl);
      rest = rest.substring(0, question);
    }
    int slash = rest.indexOf('/');
    if (slash >= 0) {
      if (slash + 1 < rest.length()) {
        putOnce(inUrl, DriverProperty.NAMESPACE, decode(rest.substring(slash + 1)));
      }
      rest = rest.substring(0, slash);
    }
    int at = rest.lastIndexOf('@');
    if (at >= 0) {
      putOnce(inUrl, DriverProperty.USER, readUser(rest.substring(0, at)));
      rest = rest.substring(at + 1);
    }
    values.putAll(inUrl);
    return new Settings(readEndpoints(rest), values);
  }

  private static void readQuery(String query, Map<DriverProperty, String> values) {
    for (String pair : query.split("&")) {
      if (pair.isEmpty()) {
        continue;
      }
      int equals = pair.indexOf('=');
      DriverProperty property =
          PropertyValues.named(decode(equals < 0 ? pair : pair.substring(0, equals)));
      if (property.kind() == DriverProperty.Kind.SECRET) {
        throw passwordInUrl();
      }
      if (equals < 0) {
        throw PropertyValues.unusable(
            property, "needs a value: " + property.propertyName() + "=...");
      }
      putOnce(values, property, decode(pair.substring(equals + 1)));
    }
  }

  private static void putOnce(
      Map<DriverProperty, String> values, DriverProperty property, String value) {
    if (values.put(property, value) != null) {
      throw PropertyValues.unusable(property, "is given twice in the URL");
    }
  }

  private static String readUser(String user) {
    if (user.indexOf(':') >= 0) {
      throw passwordInUrl();
    }
    if (user.isEmpty()) {
      throw PropertyValues.unusable(DriverProperty.USER, "is empty before the @ of the URL");
    }
    return decode(user);
  }

  private static InvalidUrlException passwordInUrl() {
    return PropertyValues.unusable(
        DriverProperty.PASSWORD,
        "must not stand in the URL, where it would be logged; give it in the Properties");
  }

  private static List<HostAndPort> readEndpoints(String text) {
    List<HostAndPort> endpoints = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      HostAndPort endpoint = readEndpoint(part.strip());
      if (endpoints.contains(endpoint)) {
        throw new InvalidUrlException("the endpoint " + endpoint + " is given twice", null);
      }
      endpoints.add(endpoint);
    }
    if (endpoints.size() > ENDPOINTS_MAX) {
      throw new InvalidUrlException(
          "a URL may name " + ENDPOINTS_MAX + " endpoints, not " + endpoints.size(), null);
    }
    return endpoints;
  }

  private static HostAndPort readEndpoint(String text) {
    String host = text;
    String port = "";
    int bracket = text.indexOf(']');
    int colon = text.lastIndexOf(':');
    if (text.startsWith("[") && bracket > 0) {
      host = text.substring(1, bracket);
      String after = text.substring(bracket + 1);
      if (!after.isEmpty() && !after.startsWith(":")) {
        throw badEndpoint(text);
      }
      port = after.isEmpty() ? "" : after.substring(1);
    } else if (colon >= 0) {
      host = text.substring(0, colon);
      port = text.substring(colon + 1);
    }
    boolean bracketed = text.startsWith("[");
    if (host.isEmpty() || (!bracketed && !host.matches("[A-Za-z0-9._-]+"))) {
      throw badEndpoint(text);
    }
    if (bracketed && !host.matches("[0-9A-Za-z:.%]+")) {
      throw badEndpoint(text);
    }
    return new HostAndPort(host, readPort(text, port));
  }

  private static int readPort(String endpoint, String text) {
    if (text.isEmpty()) {
      if (endpoint.endsWith(":")) {
        throw badEndpoint(endpoint);
      }
      return DEFAULT_PORT;
    }
    if (!text.matches("[0-9]{1,5}")) {
      throw badEndpoint(endpoint);
    }
    int port = Integer.parseInt(text);
    if (port < 1 || port > 65535) {
      throw badEndpoint(endpoint);
    }
    return port;
  }

  private static InvalidUrlException badEndpoint(String endpoint) {
    return new InvalidUrlException(
        "`"
            + endpoint
            + "` is not an endpoint; write host:port with a port from 1 to 65535, several"
            + " separated by commas",
        null);
  }

  /** Undoes percent-encoding, as UTF-8. A plus sign stays a plus sign. */
  private static String decode(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      throw new InvalidUrlException(
          "the URL holds a % that is not followed by two hexadecimal digits; write %25 for a"
              + " percent sign",
          null);
    }
  }
}
