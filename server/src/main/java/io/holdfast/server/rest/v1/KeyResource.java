package io.holdfast.server.rest.v1;

import com.google.protobuf.ByteString;
import io.holdfast.api.etcdserverpb.DeleteRangeRequest;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.RequestOp;
import io.holdfast.api.etcdserverpb.ResponseOp;
import io.holdfast.api.etcdserverpb.TxnRequest;
import io.holdfast.api.etcdserverpb.TxnResponse;
import io.holdfast.api.mvccpb.KeyValue;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** {@code /api/v1/keys/<key>}: one plain value, its type, and compare-and-set by entity tag. */
final class KeyResource {
  static final String ALLOW = "GET, HEAD, PUT, DELETE, OPTIONS";
  private static final Pattern LEASE = Pattern.compile("[0-9a-fA-F]{1,16}");

  private final Exchange exchange;
  private final KeyName key;

  KeyResource(Exchange exchange, KeyName key) {
    this.exchange = exchange;
    this.key = key;
  }

  void handle() {
    switch (exchange.method().name()) {
      case "GET", "HEAD" -> get();
      case "PUT" -> put();
      case "DELETE" -> delete();
      default -> throw ApiV1.methodNotAllowed(ALLOW);
    }
  }

  private void get() {
    Parameters parameters = Parameters.of(exchange.query(), List.of("revision", "serializable"));
    Conditions conditions = exchange.conditions();
    RangeRequest.Builder range =
        RangeRequest.newBuilder()
            .setRevision(parameters.number("revision", 1, Long.MAX_VALUE, 0))
            .setSerializable(parameters.flag("serializable"));
    TxnRequest both =
        TxnRequest.newBuilder()
            .addSuccess(range(range.setKey(key.bytes())))
            .addSuccess(range(range.setKey(key.companion())))
            .build();
    exchange.then(exchange.call(KVGrpc.getTxnMethod(), both), found -> answer(found, conditions));
  }

  private void answer(TxnResponse found, Conditions conditions) {
    HttpServerResponse response = exchange.response();
    response.putHeader("Holdfast-Revision", Long.toString(found.getHeader().getRevision()));
    Optional<KeyValue> pair = pair(found, 0);
    if (pair.isEmpty()) {
      throw conditions.match() == null ? absent() : conflict(0);
    }
    KeyValue value = pair.get();
    if (!conditions.meetsMatch(value.getModRevision())) {
      throw conflict(value.getModRevision());
    }
    describe(value);
    if (conditions.isKnown(value.getModRevision())) {
      exchange.empty(304);
      return;
    }
    String type = ContentTypes.ofValue(value.getValue(), companionOf(value, pair(found, 1)));
    ContentTypes.checkAcceptable(exchange.header(HttpHeaders.ACCEPT), type);
    exchange.send(type, 200, Buffer.buffer(value.getValue().toByteArray()));
  }

  private void describe(KeyValue value) {
    HttpServerResponse response =
        exchange
            .response()
            .putHeader(HttpHeaders.ETAG, Conditions.tag(value.getModRevision()))
            .putHeader("Holdfast-Mod-Revision", Long.toString(value.getModRevision()))
            .putHeader("Holdfast-Create-Revision", Long.toString(value.getCreateRevision()))
            .putHeader("Holdfast-Version", Long.toString(value.getVersion()));
    if (value.getLease() != 0) {
      response.putHeader("Holdfast-Lease", Long.toHexString(value.getLease()));
    }
  }

  /** The companion's value, unless the key was written without it since. */
  static Optional<ByteString> companionOf(KeyValue value, Optional<KeyValue> companion) {
    return companion
        .filter(pair -> pair.getModRevision() == value.getModRevision())
        .map(KeyValue::getValue);
  }

  private static Optional<KeyValue> pair(TxnResponse response, int operation) {
    ResponseOp answer = response.getResponses(operation);
    return answer.getResponseRange().getKvsList().stream().findFirst();
  }

  private void put() {
    Parameters parameters = Parameters.of(exchange.query(), List.of("lease"));
    long lease = lease(parameters);
    Conditions conditions = exchange.conditions();
    exchange.body(value -> put(value, lease, conditions));
  }

  private static long lease(Parameters parameters) {
    String text = parameters.text("lease").orElse("0");
    if (!LEASE.matcher(text).matches()) {
      throw Parameters.invalid("lease", "takes a lease's id in hexadecimal, as etcdctl shows it");
    }
    return Long.parseUnsignedLong(text, 16);
  }

  private void put(ByteString value, long lease, Conditions conditions) {
    String type = ContentTypes.ofBody(exchange.header(HttpHeaders.CONTENT_TYPE), value);
    RequestOp companion =
        type.equals(ContentTypes.byContent(value))
            ? deletion(key.companion())
            : put(key.companion(), ByteString.copyFromUtf8(type), lease);
    TxnRequest.Builder txn =
        TxnRequest.newBuilder()
            .addAllCompare(conditions.compares(key.bytes()))
            .addSuccess(presence())
            .addSuccess(put(key.bytes(), value, lease))
            .addSuccess(companion)
            .addFailure(presence());
    exchange.then(exchange.call(KVGrpc.getTxnMethod(), txn.build()), this::written);
  }

  private void written(TxnResponse done) {
    checkSucceeded(done);
    long revision = done.getHeader().getRevision();
    exchange
        .response()
        .putHeader("Holdfast-Revision", Long.toString(revision))
        .putHeader(HttpHeaders.ETAG, Conditions.tag(revision));
    exchange.empty(pair(done, 0).isEmpty() ? 201 : 204);
  }

  private void delete() {
    Parameters.of(exchange.query(), List.of());
    TxnRequest.Builder txn =
        TxnRequest.newBuilder()
            .addAllCompare(exchange.conditions().compares(key.bytes()))
            .addSuccess(deletion(key.bytes()))
            .addSuccess(deletion(key.companion()))
            .addFailure(presence());
    exchange.then(
        exchange.call(KVGrpc.getTxnMethod(), txn.build()),
        done -> {
          checkSucceeded(done);
          exchange
              .response()
              .putHeader("Holdfast-Revision", Long.toString(done.getHeader().getRevision()));
          if (done.getResponses(0).getResponseDeleteRange().getDeleted() == 0) {
            throw absent();
          }
          exchange.empty(204);
        });
  }

  private void checkSucceeded(TxnResponse done) {
    if (!done.getSucceeded()) {
      throw conflict(pair(done, 0).map(KeyValue::getModRevision).orElse(0L));
    }
  }

  /** Tells the tag to go on with, so that a client need not ask for it. */
  private static Problem conflict(long modRevision) {
    Problem problem =
        new Problem(
            412,
            "precondition-failed",
            "The key is not as the condition says",
            modRevision == 0
                ? "There is no such key now."
                : "The key was last changed at revision " + modRevision + ".");
    return modRevision == 0
        ? problem
        : problem
            .with("modRevision", modRevision)
            .header(HttpHeaders.ETAG.toString(), Conditions.tag(modRevision));
  }

  private Problem absent() {
    return new Problem(404, "key-absent", "There is no such key", "Nothing is stored under it.")
        .with("key", key.text());
  }

  private RequestOp presence() {
    return range(RangeRequest.newBuilder().setKey(key.bytes()).setKeysOnly(true));
  }

  private static RequestOp range(RangeRequest.Builder range) {
    return RequestOp.newBuilder().setRequestRange(range).build();
  }

  static RequestOp put(ByteString key, ByteString value, long lease) {
    return RequestOp.newBuilder()
        .setRequestPut(PutRequest.newBuilder().setKey(key).setValue(value).setLease(lease))
        .build();
  }

  static RequestOp deletion(ByteString key) {
    return deletion(key, ByteString.EMPTY);
  }

  static RequestOp deletion(ByteString key, ByteString rangeEnd) {
    return RequestOp.newBuilder()
        .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(key).setRangeEnd(rangeEnd))
        .build();
  }
}
