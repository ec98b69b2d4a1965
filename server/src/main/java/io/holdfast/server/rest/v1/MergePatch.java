package io.holdfast.server.rest.v1;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A JSON merge patch (RFC 7396) read as steps on a tree of keys: members of an object are keys
 * below the object's own, parted by slashes.
 *
 * <p>The tree has no empty objects: an object without members leaves nothing behind, and a member
 * that is null takes the key and everything below it away. Strings are stored as their text, other
 * leaves as their JSON.
 */
final class MergePatch {
  private static final int DEPTH_MAX = 64;
  private static final JsonFactory STRICT =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEPTH_MAX).build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  /** One step; whatever was at the key in the other form makes way. */
  sealed interface Step {
    KeyName key();

    /** The key becomes a leaf; what was below it goes. */
    record Leaf(KeyName key, ByteString value, String type) implements Step {}

    /** The key becomes an object: a leaf that was there goes, what is below stays. */
    record Branch(KeyName key) implements Step {}

    /** The key goes, and everything below it. */
    record Removal(KeyName key) implements Step {}
  }

  private final String text;
  private final JsonParser parser;
  private final List<Step> steps = new ArrayList<>();

  private MergePatch(String text, JsonParser parser) {
    this.text = text;
    this.parser = parser;
  }

  /**
   * @param root the part of all keys before the first name, without a slash; a key of exactly this
   *     name is left alone; empty for the whole store
   * @throws Problem 400 when the text is no JSON, 422 when it is no object or has names that cannot
   *     be part of keys
   */
  static List<Step> read(String text, String root) {
    try (JsonParser parser = STRICT.createParser(text)) {
      MergePatch patch = new MergePatch(text, parser);
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw unusable("The patch must be an object: its members are the keys to change.");
      }
      patch.object(root);
      if (parser.nextToken() != null) {
        throw Problem.badRequest("invalid-json", "There is more behind the patch's end.");
      }
      return patch.steps;
    } catch (JsonProcessingException malformed) {
      throw Problem.badRequest("invalid-json", malformed.getOriginalMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("a text in memory cannot be read", e);
    }
  }

  private void object(String path) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      if (name.isEmpty() || name.indexOf('/') >= 0 || name.indexOf('\0') >= 0) {
        throw unusable(
            "A member's name is a part of a key: it has at least one character, no slash, no NUL.");
      }
      member(path.isEmpty() ? name : path + "/" + name);
    }
  }

  private void member(String path) throws IOException {
    switch (parser.nextToken()) {
      case START_OBJECT -> {
        steps.add(new Step.Branch(KeyName.of(path)));
        object(path);
      }
      case VALUE_NULL -> steps.add(new Step.Removal(KeyName.of(path)));
      case VALUE_STRING -> leaf(path, parser.getText(), ContentTypes.TEXT);
      case START_ARRAY -> leaf(path, rest(), ContentTypes.JSON);
      default -> leaf(path, parser.getText(), ContentTypes.TEXT);
    }
  }

  /** The value under way, as it was written. */
  private String rest() throws IOException {
    int start = (int) parser.currentTokenLocation().getCharOffset();
    parser.skipChildren();
    return text.substring(start, (int) parser.currentLocation().getCharOffset());
  }

  private void leaf(String path, String value, String type) {
    steps.add(new Step.Leaf(KeyName.of(path), ByteString.copyFromUtf8(value), type));
  }

  private static Problem unusable(String detail) {
    return new Problem(422, "unusable-patch", "The patch does not fit a tree of keys", detail);
  }
}
