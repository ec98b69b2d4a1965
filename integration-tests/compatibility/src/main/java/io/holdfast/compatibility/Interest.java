package io.holdfast.compatibility;

import com.google.protobuf.ByteString;
import io.holdfast.api.etcdserverpb.WatchCreateRequest;
import io.holdfast.api.mvccpb.Event;

/** Which events concern a watcher. */
final class Interest {
  private static final ByteString ZERO = ByteString.copyFrom(new byte[1]);

  private Interest() {}

  static boolean covers(WatchLane.Watcher watcher, Event event) {
    WatchCreateRequest request = watcher.request();
    boolean put = event.getType() == Event.EventType.PUT;
    var filtered =
        put ? WatchCreateRequest.FilterType.NOPUT : WatchCreateRequest.FilterType.NODELETE;
    return event.getKv().getModRevision() >= watcher.firstRevision()
        && isInRange(event.getKv().getKey(), request)
        && !request.getFiltersList().contains(filtered);
  }

  private static boolean isInRange(ByteString key, WatchCreateRequest request) {
    ByteString start = request.getKey().isEmpty() ? ZERO : request.getKey();
    ByteString end = request.getRangeEnd();
    if (end.isEmpty()) {
      return key.equals(start);
    }
    var order = ByteString.unsignedLexicographicalComparator();
    return order.compare(key, start) >= 0 && (end.equals(ZERO) || order.compare(key, end) < 0);
  }
}
