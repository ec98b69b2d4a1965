package io.holdfast.server.rest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Messages as JSON, the way etcd's gateway reads and writes them. */
final class JsonMessages {
  private static final JsonFactory STRICT = new JsonFactory();
  private static final JsonFormat.Parser PARSER = JsonFormat.parser().ignoringUnknownFields();
  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().preservingProtoFieldNames().omittingInsignificantWhitespace();

  private JsonMessages() {}

  /**
   * @throws StatusRuntimeException INVALID_ARGUMENT when the text is no such message
   */
  static Message parse(String json, Message prototype) {
    checkStrictly(json);
    Message.Builder builder = prototype.newBuilderForType();
    try {
      PARSER.merge(json, builder);
    } catch (InvalidProtocolBufferException | IllegalArgumentException | IllegalStateException e) {
      throw invalid(String.valueOf(e.getMessage()));
    }
    return builder.build();
  }

  /** Protobuf's parser also takes what merely resembles JSON: names without quotes, comments. */
  private static void checkStrictly(String json) {
    try (JsonParser tokens = STRICT.createParser(json)) {
      while (tokens.nextToken() != null) {
        tokens.skipChildren();
      }
    } catch (JsonProcessingException e) {
      throw invalid(e.getOriginalMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("a text in memory cannot be read", e);
    }
  }

  static StatusRuntimeException invalid(String text) {
    return Status.INVALID_ARGUMENT.withDescription(text).asRuntimeException();
  }

  static String print(MessageOrBuilder message) {
    try {
      return PRINTER.print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a message without Any fields cannot be printed", e);
    }
  }

  static String error(Status status) {
    return errorObject(status).encode();
  }

  /** An error that ends a stream on which something was sent already. */
  static String streamError(Status status) {
    return new JsonObject().put("error", errorObject(status)).encode();
  }

  private static JsonObject errorObject(Status status) {
    String text =
        status.getDescription() == null ? status.getCode().name() : status.getDescription();
    return new JsonObject()
        .put("error", text)
        .put("code", status.getCode().value())
        .put("message", text);
  }
}
