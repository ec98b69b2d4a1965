package io.holdfast.server.rest.v1;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.WatchResponse;
import io.holdfast.api.mvccpb.Event;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.mvcc.KeyRange;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * {@code /api/v1/watch}: changes of a key or a prefix as server-sent events.
 *
 * <p>The id of an event is its revision, and only the last event of a revision carries it: a client
 * that comes back with {@code Last-Event-ID} is told everything after the last revision that it got
 * as a whole. So an event may come twice, and none is missed. From time to time an event {@code
 * progress} brings the id on while nothing happens, so that resumption does not fall behind what
 * compaction leaves.
 */
final class WatchResource implements WatchFeed.Reader {
  static final String ALLOW = "GET, OPTIONS";
  private static final long HEARTBEAT_MILLIS = 15_000;
  private static final int RETRY_MILLIS = 1_000;
  private static final Pattern REVISION = Pattern.compile("\\d{1,18}");

  /** One message may bring several versions of a key, each with its companion. */
  private record Version(ByteString key, long modRevision) {}

  private final Exchange exchange;
  private final StreamLimit limit;
  private final HttpServerResponse response;
  private final ByteString key;
  private final ByteString rangeEnd;
  private final boolean single;
  private final boolean previous;
  private final long startRevision;

  private WatchFeed feed;
  private Runnable place;
  private long timer = -1;
  private boolean ended;

  WatchResource(Exchange exchange, StreamLimit limit) {
    this.exchange = exchange;
    this.limit = limit;
    this.response = exchange.response();
    Parameters parameters =
        Parameters.of(
            exchange.query(), List.of("key", "prefix", "revision", "previous", "lastEventId"));
    Optional<String> prefix = parameters.text("prefix");
    single = parameters.has("key");
    if (single == prefix.isPresent()) {
      throw Problem.badRequest(
          "invalid-parameter", "Give either key or prefix; an empty prefix means every key.");
    }
    if (single) {
      KeyName name = KeyName.of(parameters.text("key").orElseThrow());
      key = name.bytes();
      rangeEnd = name.endBehindCompanion();
    } else {
      KeyName.checkPrefix(prefix.get());
      KeyRange range = KeyRange.prefix(prefix.get());
      key = ByteString.copyFrom(range.start());
      rangeEnd = ByteString.copyFrom(range.isOpenEnded() ? new byte[1] : range.end());
    }
    previous = parameters.flag("previous");
    startRevision = startRevision(parameters);
  }

  /** The header, which browsers send when they come back, tells more than the address. */
  private long startRevision(Parameters parameters) {
    String last = exchange.header("Last-Event-ID");
    if (last == null || last.isBlank()) {
      last = parameters.text("lastEventId").orElse(null);
    }
    if (last == null) {
      return parameters.number("revision", 1, Long.MAX_VALUE, 0);
    }
    if (!REVISION.matcher(last.strip()).matches()) {
      throw Problem.badRequest(
          "invalid-event-id", "Last-Event-ID takes the id of an event of this stream: a revision.");
    }
    return Long.parseLong(last.strip()) + 1;
  }

  void handle() {
    ContentTypes.checkAcceptable(exchange.header(HttpHeaders.ACCEPT), ContentTypes.EVENT_STREAM);
    if (startRevision == 0) {
      open();
      return;
    }
    // Asked before the stream begins, so that a client that comes too late gets a status.
    RangeRequest probe =
        RangeRequest.newBuilder()
            .setKey(key)
            .setRevision(startRevision)
            .setKeysOnly(true)
            .setSerializable(true)
            .build();
    exchange
        .call(KVGrpc.getRangeMethod(), probe)
        .whenComplete(
            (found, failure) ->
                exchange.attempt(
                    () -> {
                      if (failure != null && !isFuture(failure)) {
                        exchange.fail(failure);
                      } else {
                        open();
                      }
                    }));
  }

  private static boolean isFuture(Throwable failure) {
    return Status.fromThrowable(failure).getDescription() != null
        && Status.fromThrowable(failure).getDescription().equals(EtcdError.FUTURE_REVISION.text());
  }

  private void open() {
    place = limit.take();
    response.closeHandler(closed -> end());
    response.exceptionHandler(broken -> end());
    response.drainHandler(
        drained -> {
          if (!ended) {
            feed.next();
          }
        });
    feed = WatchFeed.open(exchange, key, rangeEnd, startRevision, previous, this);
  }

  private void begin() {
    exchange.commonHeaders();
    response
        .setChunked(true)
        .putHeader(HttpHeaders.CONTENT_TYPE, ContentTypes.EVENT_STREAM)
        .putHeader("X-Accel-Buffering", "no");
    response.write("retry: " + RETRY_MILLIS + "\n\n");
    timer =
        exchange
            .context()
            .owner()
            .setPeriodic(
                HEARTBEAT_MILLIS,
                tick -> {
                  // The comment keeps proxies from closing a silent connection.
                  if (!response.writeQueueFull()) {
                    response.write(":\n\n");
                    feed.askProgress();
                  }
                });
  }

  @Override
  public void onMessage(WatchResponse message) {
    if (message.getCreated() && !response.headWritten()) {
      begin();
      if (startRevision == 0) {
        sendProgress(message.getHeader().getRevision());
      }
    }
    if (message.getCanceled()) {
      canceled(message);
      return;
    }
    if (message.getEventsCount() > 0) {
      sendEvents(message.getEventsList());
    } else if (!message.getCreated()) {
      sendProgress(message.getHeader().getRevision());
    }
    if (!response.writeQueueFull()) {
      feed.next();
    }
  }

  private void canceled(WatchResponse message) {
    Problem problem =
        message.getCompactRevision() > 0
            ? Problem.of(EtcdError.COMPACTED, false)
                .with("compactRevision", message.getCompactRevision())
            : Problem.of(Status.CANCELLED.withDescription(message.getCancelReason()), false);
    endWith(problem);
  }

  private void endWith(Problem problem) {
    if (ended) {
      return;
    }
    if (response.headWritten()) {
      response.end("event: error\ndata: " + problem.toJson() + "\n\n");
    } else {
      exchange.fail(problem);
    }
    end();
  }

  private void sendProgress(long revision) {
    response.write(
        "id: "
            + revision
            + "\nevent: progress\ndata: "
            + new JsonObject().put("revision", revision).encode()
            + "\n\n");
  }

  private void sendEvents(List<Event> events) {
    Map<Version, Event> companions = new HashMap<>();
    Event last = null;
    for (Event event : events) {
      if (KeyName.isCompanion(event.getKv().getKey())) {
        companions.put(new Version(event.getKv().getKey(), event.getKv().getModRevision()), event);
      }
    }
    StringBuilder text = new StringBuilder();
    for (Event event : events) {
      if (KeyName.isCompanion(event.getKv().getKey())
          || single && !event.getKv().getKey().equals(key)) {
        continue;
      }
      if (last != null) {
        append(
            text, last, companions, last.getKv().getModRevision() < event.getKv().getModRevision());
      }
      last = event;
    }
    if (last != null) {
      append(text, last, companions, true);
      response.write(text.toString());
    }
  }

  private void append(
      StringBuilder text, Event event, Map<Version, Event> companions, boolean endsRevision) {
    boolean put = event.getType() == Event.EventType.PUT;
    if (endsRevision) {
      text.append("id: ").append(event.getKv().getModRevision()).append('\n');
    }
    text.append("event: ")
        .append(put ? "put" : "delete")
        .append("\ndata: ")
        .append(json(event, companions, put).encode())
        .append("\n\n");
  }

  private JsonObject json(Event event, Map<Version, Event> companions, boolean put) {
    JsonObject json;
    if (put) {
      json = Entries.of(event.getKv());
      Version companion =
          new Version(
              event.getKv().getKey().concat(KeyName.companionSuffix()),
              event.getKv().getModRevision());
      Optional<ByteString> type =
          KeyResource.companionOf(
              event.getKv(), Optional.ofNullable(companions.get(companion)).map(Event::getKv));
      Entries.putValue(json, event.getKv().getValue(), type);
    } else {
      json = Entries.key(event.getKv().getKey());
      json.put("modRevision", event.getKv().getModRevision());
    }
    if (previous && event.hasPrevKv()) {
      JsonObject before = Entries.of(event.getPrevKv());
      Entries.putValue(before, event.getPrevKv().getValue(), Optional.empty());
      json.put("previous", before);
    }
    return json;
  }

  @Override
  public void onEnd(Status status) {
    endWith(Problem.of(status, false));
  }

  private void end() {
    if (!ended) {
      ended = true;
      if (feed != null) {
        feed.close();
      }
      place.run();
      exchange.context().owner().cancelTimer(timer);
    }
  }
}
