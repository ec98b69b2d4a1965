package io.holdfast.server.rest.v1;

import com.google.protobuf.ByteString;
import io.holdfast.api.etcdserverpb.Compare;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.RequestOp;
import io.holdfast.api.etcdserverpb.TxnRequest;
import io.holdfast.api.etcdserverpb.TxnResponse;
import io.holdfast.server.mvcc.KeyRange;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * {@code PATCH /api/v1/tree/<prefix>}: merges a JSON document into the keys below a prefix, in one
 * transaction and so at one revision.
 *
 * <p>Leaves seldom stand where a subtree was, nor subtrees where a leaf was. So the first attempt
 * only puts, on condition that nothing has to make way; if something has to, the second attempt
 * removes it. Either attempt alone is the whole merge.
 */
final class TreeResource {
  static final String ALLOW = "PATCH, OPTIONS";

  private final Exchange exchange;
  private final String root;
  private int changes;

  /**
   * @param root without a slash at its end
   */
  TreeResource(Exchange exchange, String root) {
    this.exchange = exchange;
    this.root = root;
  }

  void handle() {
    exchange.response().putHeader("Accept-Patch", ContentTypes.MERGE_PATCH);
    if (!exchange.method().name().equals("PATCH")) {
      throw ApiV1.methodNotAllowed(ALLOW);
    }
    Parameters.of(exchange.query(), List.of());
    String type = exchange.header(HttpHeaders.CONTENT_TYPE);
    if (type == null || !ContentTypes.essence(type).equals(ContentTypes.MERGE_PATCH)) {
      throw ContentTypes.unsupported("Send " + ContentTypes.MERGE_PATCH + ".");
    }
    if (exchange.header(HttpHeaders.IF_MATCH) != null
        || exchange.header(HttpHeaders.IF_NONE_MATCH) != null) {
      throw Problem.badRequest(
          "invalid-condition", "A tree has no entity tag: conditions are for single keys.");
    }
    exchange.body(
        body -> {
          String text =
              PercentText.utf8(body.toByteArray())
                  .orElseThrow(() -> Problem.badRequest("invalid-text", "The body is no UTF-8."));
          merge(MergePatch.read(text, root));
        });
  }

  private void merge(List<MergePatch.Step> steps) {
    TxnRequest.Builder hopeful = TxnRequest.newBuilder();
    TxnRequest.Builder thorough = TxnRequest.newBuilder();
    for (MergePatch.Step step : steps) {
      if (step instanceof MergePatch.Step.Leaf leaf) {
        hopeful.addCompare(absent(below(leaf.key())));
        putLeaf(hopeful, leaf);
        thorough.addSuccess(removal(below(leaf.key())));
        putLeaf(thorough, leaf);
        changes++;
      } else if (step instanceof MergePatch.Step.Branch branch) {
        // With its companion: a leaf that is gone leaves none behind.
        hopeful.addCompare(absent(KeyRange.single(branch.key().bytes().toByteArray())));
        thorough.addSuccess(KeyResource.deletion(branch.key().bytes()));
        thorough.addSuccess(KeyResource.deletion(branch.key().companion()));
      } else {
        for (TxnRequest.Builder attempt : List.of(hopeful, thorough)) {
          attempt.addSuccess(KeyResource.deletion(step.key().bytes()));
          attempt.addSuccess(KeyResource.deletion(step.key().companion()));
          attempt.addSuccess(removal(below(step.key())));
        }
        changes++;
      }
    }
    exchange.then(
        exchange.call(KVGrpc.getTxnMethod(), hopeful.build()),
        done -> {
          if (done.getSucceeded()) {
            merged(done);
          } else {
            exchange.then(exchange.call(KVGrpc.getTxnMethod(), thorough.build()), this::merged);
          }
        });
  }

  private static void putLeaf(TxnRequest.Builder txn, MergePatch.Step.Leaf leaf) {
    txn.addSuccess(KeyResource.put(leaf.key().bytes(), leaf.value(), 0));
    if (!leaf.type().equals(ContentTypes.TEXT)) {
      txn.addSuccess(
          KeyResource.put(leaf.key().companion(), ByteString.copyFromUtf8(leaf.type()), 0));
    }
  }

  private static KeyRange below(KeyName key) {
    return KeyRange.prefix(key.text() + "/");
  }

  private static RequestOp removal(KeyRange range) {
    return KeyResource.deletion(
        ByteString.copyFrom(range.start()), ByteString.copyFrom(range.end()));
  }

  /** Holds for a range without any key. */
  private static Compare absent(KeyRange range) {
    return Compare.newBuilder()
        .setKey(ByteString.copyFrom(range.start()))
        .setRangeEnd(range.isSingle() ? ByteString.EMPTY : ByteString.copyFrom(range.end()))
        .setTarget(Compare.CompareTarget.VERSION)
        .setResult(Compare.CompareResult.EQUAL)
        .setVersion(0)
        .build();
  }

  private void merged(TxnResponse done) {
    long revision = done.getHeader().getRevision();
    exchange.response().putHeader("Holdfast-Revision", Long.toString(revision));
    exchange.json(
        ContentTypes.JSON,
        200,
        new JsonObject().put("revision", revision).put("changes", changes).encode());
  }
}
