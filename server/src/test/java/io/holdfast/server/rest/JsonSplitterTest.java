package io.holdfast.server.rest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.rest.JsonSplitter.MalformedJsonException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class JsonSplitterTest {
  private static final int LIMIT = 64;

  @Test
  void objectsFollowOneAnother() throws Exception {
    assertEquals(List.of("{}", "{\"a\":[{}]}"), split("{}{\"a\":[{}]}"));
    assertEquals(List.of("{\"a\":1}", "{}"), split(" \n{\"a\":1}\r\n\t{} \n"));
    assertEquals(List.of(), split(" \n "));
  }

  @Test
  void bracesInTextsDoNotCount() throws Exception {
    assertEquals(List.of("{\"}\":\"\\\"{\\\\\"}", "{}"), split("{\"}\":\"\\\"{\\\\\"}{}"));
  }

  @Test
  void nullIsAnEmptyRequest() throws Exception {
    assertEquals(List.of("{}"), split("null"));
    assertEquals(List.of("{}", "{\"a\":1}"), split("null{\"a\":1}"));
    assertEquals(List.of("{}", "{}"), split("null null "));
  }

  @Test
  void itDoesNotMatterHowTheBytesArrive() throws Exception {
    String text = " {\"a\":\"\\\"é{\"} null {\"b\":[1,{\"c\":2}]} ";
    JsonSplitter splitter = new JsonSplitter(LIMIT);
    List<String> objects = new ArrayList<>();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      splitter.feed(new byte[] {b}, objects::add);
    }
    splitter.end(objects::add);
    assertEquals(split(text), objects);
    assertEquals(3, objects.size());
  }

  @Test
  void whoeverHasEnoughIsGivenNoMore() throws Exception {
    List<String> objects = new ArrayList<>();
    new JsonSplitter(LIMIT)
        .feed(
            "{} garbage".getBytes(StandardCharsets.UTF_8),
            json -> {
              objects.add(json);
              return false;
            });
    assertEquals(List.of("{}"), objects);
  }

  @Test
  void whatIsNoObjectIsRefused() {
    for (String text : List.of("[]", "1", "\"a\"", "nul", "nulls", "true", "{} x", "}")) {
      assertThrows(MalformedJsonException.class, () -> split(text), text);
    }
    assertEquals(
        "unexpected EOF",
        assertThrows(MalformedJsonException.class, () -> split("{\"a\":")).getMessage());
  }

  @Test
  void sizeAndDepthAreBounded() throws Exception {
    String fits = "{\"a\":\"" + "x".repeat(LIMIT - 8) + "\"}";
    assertEquals(LIMIT, fits.length());
    assertEquals(List.of(fits, fits), split(fits + fits));
    String message =
        assertThrows(MalformedJsonException.class, () -> split("{" + fits + "}")).getMessage();
    assertTrue(message.contains("larger"), message);
    byte[] deep = "{\"a\":".repeat(100_000).getBytes(StandardCharsets.UTF_8);
    JsonSplitter splitter = new JsonSplitter(deep.length);
    message =
        assertThrows(MalformedJsonException.class, () -> splitter.feed(deep, json -> true))
            .getMessage();
    assertTrue(message.contains("nested"), message);
  }

  private static List<String> split(String text) throws MalformedJsonException {
    JsonSplitter splitter = new JsonSplitter(LIMIT);
    List<String> objects = new ArrayList<>();
    splitter.feed(text.getBytes(StandardCharsets.UTF_8), objects::add);
    splitter.end(objects::add);
    return objects;
  }
}
