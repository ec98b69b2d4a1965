package io.holdfast.server.rest.v1;

import com.google.protobuf.ByteString;
import io.holdfast.api.mvccpb.KeyValue;
import io.vertx.core.json.JsonObject;
import java.util.Base64;
import java.util.Optional;

/** Keys and values as members of JSON: text as text, everything else in base64. */
final class Entries {
  private Entries() {}

  static JsonObject of(KeyValue pair) {
    JsonObject entry = key(pair.getKey());
    entry
        .put("modRevision", pair.getModRevision())
        .put("createRevision", pair.getCreateRevision())
        .put("version", pair.getVersion());
    if (pair.getLease() != 0) {
      entry.put("lease", Long.toHexString(pair.getLease()));
    }
    return entry;
  }

  static JsonObject key(ByteString key) {
    return bytes(new JsonObject(), "key", key);
  }

  static void putValue(JsonObject entry, ByteString value, Optional<ByteString> companion) {
    bytes(entry, "value", value);
    entry.put("contentType", ContentTypes.ofValue(value, companion));
  }

  private static JsonObject bytes(JsonObject entry, String name, ByteString bytes) {
    return bytes.isValidUtf8()
        ? entry.put(name, bytes.toStringUtf8())
        : entry.put(name + "Base64", Base64.getEncoder().encodeToString(bytes.toByteArray()));
  }
}
