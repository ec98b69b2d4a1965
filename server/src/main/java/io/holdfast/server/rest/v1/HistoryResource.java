package io.holdfast.server.rest.v1;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.RangeResponse;
import io.holdfast.api.etcdserverpb.WatchResponse;
import io.holdfast.api.mvccpb.Event;
import io.holdfast.api.mvccpb.KeyValue;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;

/**
 * {@code /api/v1/history/<key>}: every version and deletion of a key that the store still has,
 * oldest first.
 *
 * <p>It is what a watcher of the key is told that starts where the store's history begins, until it
 * is up to date. Where a compaction has cut history, the version that stood at that revision comes
 * first.
 */
final class HistoryResource implements WatchFeed.Reader {
  static final String ALLOW = "GET, HEAD, OPTIONS";
  private static final int VERSIONS_MAX = 1000;
  private static final int VERSIONS_DEFAULT = 100;
  private static final int BYTES_MAX = 4 * 1024 * 1024;
  private static final long ASK_MILLIS = 20;

  private final Exchange exchange;
  private final StreamLimit streams;
  private final KeyName key;
  private final int limit;
  private final boolean values;
  private final JsonArray versions = new JsonArray();

  private long from;
  private long compactRevision;
  private long bytes;
  private long lastRevision;
  private WatchFeed feed;
  private Runnable place;
  private long timer = -1;
  private boolean done;

  HistoryResource(Exchange exchange, StreamLimit streams, KeyName key) {
    this.exchange = exchange;
    this.streams = streams;
    this.key = key;
    Parameters parameters = Parameters.of(exchange.query(), List.of("from", "limit", "values"));
    from = parameters.number("from", 1, Long.MAX_VALUE, 1);
    limit = (int) parameters.number("limit", 1, VERSIONS_MAX, VERSIONS_DEFAULT);
    values = !parameters.has("values") || parameters.flag("values");
  }

  void handle() {
    ContentTypes.checkAcceptable(exchange.header(HttpHeaders.ACCEPT), ContentTypes.JSON);
    place = streams.take();
    exchange.response().closeHandler(closed -> end());
    exchange.response().exceptionHandler(broken -> end());
    open();
  }

  private void open() {
    feed = WatchFeed.open(exchange, key.bytes(), key.endBehindCompanion(), from, false, this);
  }

  @Override
  public void onMessage(WatchResponse message) {
    if (message.getCompactRevision() > 0) {
      beginBehind(message.getCompactRevision());
    } else if (message.getCanceled()) {
      fail(Problem.of(Status.CANCELLED.withDescription(message.getCancelReason()), false));
    } else if (message.getCreated()) {
      feed.next();
      feed.askProgress();
      timer = exchange.context().owner().setPeriodic(ASK_MILLIS, tick -> feed.askProgress());
    } else if (message.getEventsCount() == 0) {
      finish(message.getHeader().getRevision(), false);
    } else if (take(message)) {
      feed.next();
    }
  }

  /** History before this revision is gone, but what stood there is not. */
  private void beginBehind(long revision) {
    feed.close();
    exchange.context().owner().cancelTimer(timer);
    versions.clear();
    compactRevision = revision;
    from = revision;
    RangeRequest request =
        RangeRequest.newBuilder()
            .setKey(key.bytes())
            .setRangeEnd(key.endBehindCompanion())
            .setRevision(revision)
            .build();
    exchange
        .call(KVGrpc.getRangeMethod(), request)
        .whenComplete(
            (found, failure) -> {
              if (done) {
                return;
              }
              if (failure != null) {
                fail(exchange.problem(failure));
              } else {
                addStanding(found);
                from = revision + 1;
                open();
              }
            });
  }

  private void addStanding(RangeResponse found) {
    Optional<KeyValue> value =
        found.getKvsList().stream().filter(pair -> pair.getKey().equals(key.bytes())).findFirst();
    Optional<KeyValue> companion =
        found.getKvsList().stream()
            .filter(pair -> pair.getKey().equals(key.companion()))
            .findFirst();
    value.ifPresent(pair -> add(pair, companion));
  }

  /** Whether there is room for more. */
  private boolean take(WatchResponse message) {
    for (Event event : message.getEventsList()) {
      KeyValue pair = event.getKv();
      if (!pair.getKey().equals(key.bytes())) {
        continue;
      }
      if ((versions.size() >= limit || bytes >= BYTES_MAX)
          && pair.getModRevision() > lastRevision) {
        finish(message.getHeader().getRevision(), true);
        return false;
      }
      if (event.getType() == Event.EventType.PUT) {
        add(pair, companionIn(message, pair.getModRevision()));
      } else {
        versions.add(
            new JsonObject().put("modRevision", pair.getModRevision()).put("deleted", true));
        lastRevision = pair.getModRevision();
      }
    }
    return true;
  }

  private Optional<KeyValue> companionIn(WatchResponse message, long revision) {
    ByteString companion = key.companion();
    return message.getEventsList().stream()
        .map(Event::getKv)
        .filter(pair -> pair.getModRevision() == revision && pair.getKey().equals(companion))
        .findFirst();
  }

  private void add(KeyValue pair, Optional<KeyValue> companion) {
    JsonObject version = Entries.of(pair);
    version.remove("key");
    if (values) {
      Entries.putValue(version, pair.getValue(), KeyResource.companionOf(pair, companion));
      bytes += pair.getValue().size();
    }
    versions.add(version);
    lastRevision = pair.getModRevision();
  }

  private void finish(long revision, boolean more) {
    if (done) {
      return;
    }
    end();
    JsonObject page =
        new JsonObject()
            .put("key", key.text())
            .put("revision", revision)
            .put("compactRevision", compactRevision)
            .put("versions", versions);
    if (more) {
      String next =
          ApiV1.ROOT
              + "/history/"
              + PercentText.encode(key.text())
              + "?from="
              + (lastRevision + 1)
              + "&limit="
              + limit
              + (values ? "" : "&values=false");
      page.put("next", next);
      exchange.response().putHeader("Link", "<" + next + ">; rel=\"next\"");
    }
    exchange.json(ContentTypes.JSON, 200, page.encode());
  }

  @Override
  public void onEnd(Status status) {
    fail(Problem.of(status, false));
  }

  private void fail(Problem problem) {
    if (!done) {
      end();
      exchange.fail(problem);
    }
  }

  private void end() {
    if (!done) {
      done = true;
      feed.close();
      exchange.context().owner().cancelTimer(timer);
      place.run();
    }
  }
}
