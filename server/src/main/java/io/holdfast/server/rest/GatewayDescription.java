package io.holdfast.server.rest;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.TreeMap;

/**
 * The OpenAPI description of the JSON gateway, made from the messages that it transcodes, so that
 * it cannot differ from them.
 */
final class GatewayDescription {
  private static final String SCHEMAS = "#/components/schemas/";
  private static final String ERROR = "Error";

  private final Map<String, JsonObject> schemas = new TreeMap<>();

  private GatewayDescription() {}

  /** The description, as JSON. */
  static String json() {
    return new GatewayDescription().describe().encodePrettily();
  }

  private JsonObject describe() {
    JsonObject paths = new JsonObject();
    GatewayRoutes.current()
        .forEach(
            (path, method) ->
                paths.put(
                    path,
                    new JsonObject()
                        .put(
                            "post",
                            operation(
                                path,
                                ((ProtoMethodDescriptorSupplier) method.getSchemaDescriptor())
                                    .getMethodDescriptor()))));
    schemas.put(ERROR, error());
    JsonObject components = new JsonObject().put("schemas", new JsonObject());
    schemas.forEach(components.getJsonObject("schemas")::put);
    components.put(
        "securitySchemes",
        new JsonObject()
            .put(
                "token",
                new JsonObject()
                    .put("type", "apiKey")
                    .put("in", "header")
                    .put("name", "Authorization")));
    return new JsonObject()
        .put("openapi", "3.1.0")
        .put(
            "info",
            new JsonObject()
                .put("title", "etcd v3 API as JSON")
                .put("version", "3.6")
                .put(
                    "description",
                    "Bytes are base64, 64-bit integers are strings, fields with their default"
                        + " value are left out."))
        .put("security", new JsonArray().add(new JsonObject().put("token", new JsonArray())))
        .put("paths", paths)
        .put("components", components);
  }

  private JsonObject operation(String path, MethodDescriptor method) {
    JsonObject answer = reference(method.getOutputType());
    String told = "The answer.";
    if (method.isServerStreaming()) {
      told = "Answers, one a line, until either side ends; over a WebSocket, one a message.";
      answer =
          new JsonObject()
              .put("type", "object")
              .put(
                  "properties",
                  new JsonObject()
                      .put("result", answer)
                      .put("error", new JsonObject().put("$ref", SCHEMAS + ERROR)));
    }
    return new JsonObject()
        .put("operationId", path.substring("/v3/".length()).replaceAll("[^a-z]", "_"))
        .put("tags", new JsonArray().add(method.getService().getName()))
        .put("summary", method.getService().getFullName() + "/" + method.getName())
        .put(
            "requestBody",
            new JsonObject()
                .put(
                    "description",
                    method.isClientStreaming() ? "One or more, one after another." : "One.")
                .put("content", content(reference(method.getInputType()))))
        .put(
            "responses",
            new JsonObject()
                .put(
                    "200",
                    new JsonObject().put("description", told).put("content", content(answer)))
                .put(
                    "default",
                    new JsonObject()
                        .put("description", "What was wrong.")
                        .put("content", content(new JsonObject().put("$ref", SCHEMAS + ERROR)))));
  }

  private static JsonObject content(JsonObject schema) {
    return new JsonObject().put("application/json", new JsonObject().put("schema", schema));
  }

  private JsonObject reference(Descriptor message) {
    String name = message.getFullName();
    if (!schemas.containsKey(name)) {
      JsonObject properties = new JsonObject();
      // Known before its fields are looked at: messages may contain themselves.
      schemas.put(name, new JsonObject().put("type", "object").put("properties", properties));
      message.getFields().forEach(field -> properties.put(field.getName(), schema(field)));
    }
    return new JsonObject().put("$ref", SCHEMAS + name);
  }

  private JsonObject schema(FieldDescriptor field) {
    JsonObject one =
        switch (field.getType()) {
          case MESSAGE, GROUP -> reference(field.getMessageType());
          case ENUM -> reference(field.getEnumType());
          case BOOL -> new JsonObject().put("type", "boolean");
          case BYTES -> new JsonObject().put("type", "string").put("contentEncoding", "base64");
          case STRING -> new JsonObject().put("type", "string");
          case DOUBLE, FLOAT -> new JsonObject().put("type", "number");
          case INT64, SINT64, SFIXED64 -> integer("int64", "string");
          case UINT64, FIXED64 -> integer("uint64", "string");
          case INT32, SINT32, SFIXED32 -> integer("int32", "integer");
          case UINT32, FIXED32 -> integer("uint32", "integer");
        };
    return field.isRepeated() ? new JsonObject().put("type", "array").put("items", one) : one;
  }

  private static JsonObject integer(String format, String type) {
    return new JsonObject().put("type", type).put("format", format);
  }

  private JsonObject reference(EnumDescriptor kind) {
    JsonArray names = new JsonArray();
    kind.getValues().forEach(value -> names.add(value.getName()));
    schemas.put(kind.getFullName(), new JsonObject().put("type", "string").put("enum", names));
    return new JsonObject().put("$ref", SCHEMAS + kind.getFullName());
  }

  private static JsonObject error() {
    return new JsonObject()
        .put("type", "object")
        .put(
            "properties",
            new JsonObject()
                .put("error", new JsonObject().put("type", "string"))
                .put("code", integer("int32", "integer"))
                .put("message", new JsonObject().put("type", "string")));
  }
}
