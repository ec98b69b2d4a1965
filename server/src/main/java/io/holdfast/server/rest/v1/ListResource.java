package io.holdfast.server.rest.v1;

import com.google.protobuf.ByteString;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.RangeResponse;
import io.holdfast.api.mvccpb.KeyValue;
import io.holdfast.server.mvcc.KeyRange;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * {@code /api/v1/keys?prefix=}: keys in order, page by page, all pages at one revision.
 *
 * <p>A page is read in small steps until it has its keys or its bytes, so that no page holds more
 * in memory than it sends, plus one step.
 */
final class ListResource {
  static final String ALLOW = "GET, HEAD, OPTIONS";
  static final int PAGE_KEYS_MAX = 1000;
  private static final int PAGE_KEYS_DEFAULT = 100;
  private static final int PAGE_BYTES_MAX = 4 * 1024 * 1024;
  private static final int STEP_WITH_VALUES = 16;
  private static final int STEP_OF_KEYS = 500;

  private final Exchange exchange;
  private final Parameters parameters;
  private final String prefix;
  private final int limit;
  private final boolean values;
  private final boolean serializable;
  private final ByteString rangeEnd;
  private final JsonArray entries = new JsonArray();

  private ByteString from;
  private long revision;
  private long bytes;
  private ByteString lastKey = ByteString.EMPTY;
  private KeyValue held;
  private Optional<ByteString> heldType = Optional.empty();

  ListResource(Exchange exchange) {
    this.exchange = exchange;
    this.parameters =
        Parameters.of(
            exchange.query(),
            List.of("prefix", "limit", "after", "values", "revision", "serializable"));
    this.prefix = parameters.text("prefix").orElse("");
    KeyName.checkPrefix(prefix);
    this.limit = (int) parameters.number("limit", 1, PAGE_KEYS_MAX, PAGE_KEYS_DEFAULT);
    this.values = parameters.flag("values");
    this.serializable = parameters.flag("serializable");
    this.revision = parameters.number("revision", 1, Long.MAX_VALUE, 0);
    KeyRange range = KeyRange.prefix(prefix);
    this.rangeEnd =
        range.isOpenEnded() ? ByteString.copyFrom(new byte[1]) : ByteString.copyFrom(range.end());
    this.from =
        parameters.text("after").map(this::behind).orElse(ByteString.copyFrom(range.start()));
  }

  private ByteString behind(String after) {
    try {
      byte[] key = Base64.getUrlDecoder().decode(after);
      if (!new String(key, StandardCharsets.UTF_8).startsWith(prefix)) {
        throw Parameters.invalid("after", "belongs to another prefix");
      }
      return ByteString.copyFrom(key).concat(ByteString.copyFrom(new byte[1]));
    } catch (IllegalArgumentException malformed) {
      throw Parameters.invalid("after", "takes what the member \"after\" of a page said");
    }
  }

  void handle() {
    ContentTypes.checkAcceptable(exchange.header(HttpHeaders.ACCEPT), ContentTypes.JSON);
    step();
  }

  private void step() {
    RangeRequest request =
        RangeRequest.newBuilder()
            .setKey(from)
            .setRangeEnd(rangeEnd)
            .setRevision(revision)
            .setLimit(values ? STEP_WITH_VALUES : STEP_OF_KEYS)
            .setKeysOnly(!values)
            // Once the first step has fixed the revision, this member has it.
            .setSerializable(serializable || !entries.isEmpty() || held != null)
            .build();
    exchange.then(exchange.call(KVGrpc.getRangeMethod(), request), this::take);
  }

  private void take(RangeResponse part) {
    if (revision == 0) {
      revision = part.getHeader().getRevision();
    }
    for (KeyValue pair : part.getKvsList()) {
      if (KeyName.isCompanion(pair.getKey())) {
        if (held != null && KeyName.isCompanionOf(pair.getKey(), held.getKey())) {
          heldType = KeyResource.companionOf(held, Optional.of(pair));
        }
        continue;
      }
      release();
      if (entries.size() == limit || bytes >= PAGE_BYTES_MAX) {
        finish(true);
        return;
      }
      held = pair;
    }
    if (part.getMore()) {
      ByteString last = part.getKvs(part.getKvsCount() - 1).getKey();
      from = last.concat(ByteString.copyFrom(new byte[1]));
      step();
    } else {
      release();
      finish(false);
    }
  }

  /** The held key's companion, if there is one, has been seen: it may go to the page. */
  private void release() {
    if (held == null) {
      return;
    }
    JsonObject entry = Entries.of(held);
    if (values) {
      Entries.putValue(entry, held.getValue(), heldType);
    }
    entries.add(entry);
    bytes += held.getKey().size() + held.getValue().size();
    lastKey = held.getKey();
    held = null;
    heldType = Optional.empty();
  }

  private void finish(boolean more) {
    JsonObject page =
        new JsonObject().put("prefix", prefix).put("revision", revision).put("keys", entries);
    if (more) {
      String after = Base64.getUrlEncoder().withoutPadding().encodeToString(lastKey.toByteArray());
      String next =
          ApiV1.ROOT
              + "/keys?prefix="
              + PercentText.encode(prefix)
              + "&limit="
              + limit
              + "&revision="
              + revision
              + (values ? "&values=true" : "")
              + (serializable ? "&serializable=true" : "")
              + "&after="
              + after;
      page.put("after", after).put("next", next);
      exchange.response().putHeader("Link", "<" + next + ">; rel=\"next\"");
    }
    exchange.response().putHeader("Holdfast-Revision", Long.toString(revision));
    exchange.json(ContentTypes.JSON, 200, page.encode());
  }
}
