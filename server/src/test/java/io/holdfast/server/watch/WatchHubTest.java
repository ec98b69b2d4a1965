package io.holdfast.server.watch;

import static io.holdfast.server.watch.HubFixture.bytes;
import static io.holdfast.server.watch.HubFixture.single;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.holdfast.server.mvcc.Key;
import io.holdfast.server.mvcc.KeyRange;
import io.holdfast.server.mvcc.WriteTxn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What watchers are told, step by step. */
class WatchHubTest {
  private static final String CREATED = "Created[watchId=%d, revision=%d]";

  @TempDir Path directory;
  private HubFixture fixture;
  private final RecordingSink sink = new RecordingSink();
  private WatchStream stream;

  @BeforeEach
  void open() {
    fixture = new HubFixture(directory);
    stream = fixture.hub.open(sink);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void startsWithWhatHappensFromNowOn() {
    fixture.put("a", "1");
    create(WatchRequest.of(single("a"), 0));
    fixture.put("a", "2");
    fixture.put("b", "1");
    fixture.delete("a");
    assertEquals(List.of(CREATED.formatted(0, 2), "0 @3: a=2#3", "0 @5: a gone#5"), sink.take());
  }

  @Test
  void nowIsWhatTheStoreShowsEvenIfItIsNotHandedOutYet() {
    fixture.write("a", "seen by clients");
    create(WatchRequest.of(single("a"), 0));
    fixture.hub.batchApplied();
    fixture.put("a", "new");
    assertEquals(List.of(CREATED.formatted(0, 2), "0 @3: a=new#3"), sink.take());
  }

  @Test
  void readsTheHistoryThenGoesOnLive() {
    fixture.put("a", "1");
    fixture.put("b", "1");
    fixture.put("a", "2");
    create(WatchRequest.of(KeyRange.prefix("a"), 1));
    assertEquals(1, fixture.hub.figures().slowWatchers());
    fixture.put("a", "3");
    assertEquals(List.of(CREATED.formatted(0, 4)), sink.take(), "not before its history");
    fixture.catchUp();
    assertEquals(List.of("0 @5: a=1#2 a=2#4 a=3#5"), sink.take());
    assertEquals(0, fixture.hub.figures().slowWatchers());
    fixture.put("a", "4");
    assertEquals(List.of("0 @6: a=4#6"), sink.take());
  }

  @Test
  void eventsGatherWhileAStreamIsBusy() {
    create(WatchRequest.of(single("a"), 0));
    sink.take();
    fixture.put("a", "1");
    stream.busy();
    fixture.put("a", "2");
    fixture.put("b", "1");
    fixture.put("a", "3");
    assertEquals(List.of("0 @2: a=1#2"), sink.take());
    stream.idle();
    assertEquals(List.of("0 @5: a=2#3 a=3#5"), sink.take());
    stream.busy();
    fixture.put("a", "4");
    fixture.hub.tick(1);
    assertEquals(List.of("0 @6: a=4#6"), sink.take(), "nothing waits for longer than a tick");
    fixture.put("a", "5");
    fixture.hub.handOutGathered();
    assertEquals(List.of("0 @7: a=5#7"), sink.take(), "nothing waits for a compaction");
    stream.idle();
    assertEquals(List.of(), sink.take());
  }

  @Test
  void eventsAreCountedOncePerWatcherAndWhileTheyWait() {
    create(WatchRequest.of(single("a"), 0));
    create(WatchRequest.of(KeyRange.all(), 0));
    stream.busy();
    fixture.put("a", "1");
    fixture.put("b", "1");
    assertEquals(new WatchFigures(2, 0, 1, 0, 2), fixture.hub.figures());
    stream.idle();
    assertEquals(new WatchFigures(2, 0, 1, 3, 0), fixture.hub.figures());
  }

  @Test
  void whatGathersIsBounded() {
    create(WatchRequest.of(single("a"), 0));
    sink.take();
    stream.busy();
    for (int i = 0; i < 63; i++) {
      fixture.put("a", "many");
    }
    assertEquals(List.of(), sink.take());
    fixture.put("a", "many");
    assertEquals(1, sink.take().size(), "64 revisions");
    fixture.put("a", "x".repeat(1 << 20));
    assertEquals(1, sink.take().size(), "1 MiB");
  }

  @Test
  void progressIsNotToldAheadOfWhatGathers() {
    create(WatchRequest.of(single("a"), 0));
    sink.take();
    stream.busy();
    fixture.put("a", "1");
    stream.requestProgress();
    assertEquals(List.of(), sink.take());
    stream.idle();
    assertEquals(
        List.of("0 @2: a=1#2", "Progress[watchId=" + WatchMessage.NO_WATCH_ID + ", revision=2]"),
        sink.take());
  }

  @Test
  void catchesUpInBoundedStepsOfWholeRevisions() {
    for (int i = 0; i < 30; i++) {
      WriteTxn txn = fixture.store.beginWrite();
      txn.put(Key.of("a"), bytes("x".repeat(40)), 0);
      txn.put(Key.of("b"), bytes("y".repeat(40)), 0);
      txn.end();
    }
    fixture.hub.batchApplied();
    create(WatchRequest.of(KeyRange.all(), 1));
    assertTrue(fixture.catchUp() > 5);
    int events = 0;
    for (WatchMessage message : sink.messages.subList(1, sink.messages.size())) {
      List<io.holdfast.server.mvcc.Event> batch = ((WatchMessage.Events) message).batch().events();
      assertEquals(0, batch.size() % 2, "a revision is never split");
      assertEquals(
          message instanceof WatchMessage.Events e ? e.revision() : -1,
          batch.get(batch.size() - 1).keyValue().modRevision(),
          "all up to the revision of the message are delivered, and no more is said");
      assertTrue(batch.size() <= 8, batch.size() + " events in one step");
      events += batch.size();
    }
    assertEquals(60, events);
  }

  @Test
  void aFutureStartSeesNothingEarlier() {
    create(WatchRequest.of(single("a"), 4));
    fixture.put("a", "2");
    fixture.put("a", "3");
    stream.requestProgress();
    fixture.put("a", "4");
    stream.requestProgress();
    assertEquals(
        List.of(CREATED.formatted(0, 1), "0 @4: a=4#4", "Progress[watchId=-1, revision=4]"),
        sink.take());
  }

  @Test
  void mergesABatchAndFiltersIt() {
    create(WatchRequest.of(KeyRange.prefix("a"), 0));
    create(new WatchRequest(0, KeyRange.prefix("a"), 0, true, false, true, false));
    create(new WatchRequest(0, KeyRange.prefix("a"), 0, true, false, false, true));
    create(new WatchRequest(0, KeyRange.prefix("a"), 0, false, false, true, true));
    create(new WatchRequest(0, KeyRange.prefix("a"), 3, false, false, false, false));
    sink.take();
    fixture.write("a1", "x");
    fixture.write("a1", "y");
    fixture.write("b", "y");
    WriteTxn txn = fixture.store.beginWrite();
    txn.put(Key.of("a2"), bytes("z"), 0);
    txn.deleteRange(single("a1"));
    txn.end();
    fixture.hub.batchApplied();
    List<String> told = sink.take().stream().sorted().toList();
    assertEquals(
        List.of(
            "0 @5: a1=x#2 a1=y#3 a2=z#5 a1 gone#5",
            "1 @5: a1 gone#5<y>",
            "2 @5: a1=x#2<> a1=y#3<x> a2=z#5<>",
            "4 @5: a1=y#3 a2=z#5 a1 gone#5"),
        told);
  }

  @Test
  void watchersOfOneRangeShareTheirBatch() {
    RecordingSink other = new RecordingSink();
    WatchStream second = fixture.hub.open(other);
    create(WatchRequest.of(single("a"), 0));
    second.create(WatchRequest.of(single("a"), 0));
    second.create(WatchRequest.of(KeyRange.all(), 0));
    fixture.put("a", "1");
    WatchBatch mine = ((WatchMessage.Events) sink.messages.get(1)).batch();
    WatchBatch same = null;
    WatchBatch wider = null;
    for (WatchMessage message : other.messages) {
      if (message instanceof WatchMessage.Events events) {
        if (events.watchId() == 0) {
          same = events.batch();
        } else {
          wider = events.batch();
        }
      }
    }
    assertSame(mine, same);
    assertSame(mine.events().get(0), wider.events().get(0), "different ranges share events");
    assertTrue(mine.encoded(false).isEmpty());
    mine.keepEncoded(false, "bytes", 5);
    assertEquals("bytes", same.encoded(false).orElseThrow());
    assertTrue(same.encoded(true).isEmpty());
  }

  @Test
  void namesWatchersAndRefusesNonsense() {
    create(WatchRequest.of(single("a"), 0));
    create(new WatchRequest(5, single("a"), 0, false, false, false, false));
    create(new WatchRequest(1, single("a"), 0, false, false, false, false));
    create(WatchRequest.of(single("a"), 0));
    create(new WatchRequest(5, single("b"), 0, false, false, false, false));
    create(WatchRequest.of(KeyRange.of(bytes("b"), bytes("a")), 0));
    create(WatchRequest.of(single("a"), -1));
    assertEquals(
        List.of(
            CREATED.formatted(0, 1),
            CREATED.formatted(5, 1),
            CREATED.formatted(1, 1),
            CREATED.formatted(2, 1),
            "Refused[revision=1, reason=mvcc: duplicate watch ID provided on the WatchStream]",
            "Refused[revision=1, reason=mvcc: watcher range is empty]",
            "Refused[revision=1, reason=etcdserver: mvcc: required revision has been compacted]"),
        sink.take());
    assertEquals(4, stream.size());
    assertEquals(4, fixture.hub.figures().watchers());
  }

  @Test
  void cancelsWhatTheHistoryNoLongerHolds() {
    for (int i = 0; i < 8; i++) {
      fixture.put("a", "v" + i);
    }
    fixture.store.compact(6);
    create(WatchRequest.of(single("a"), 5));
    create(WatchRequest.of(single("a"), 6));
    fixture.catchUp();
    assertEquals(
        List.of(
            CREATED.formatted(0, 9),
            CREATED.formatted(1, 9),
            "Compacted[watchId=0, compactRevision=6]",
            "1 @9: a=v4#6 a=v5#7 a=v6#8 a=v7#9"),
        sink.take());
    assertEquals(1, stream.size());
    assertEquals(1, fixture.hub.figures().watchers());
    assertEquals(0, fixture.hub.figures().slowWatchers());
  }

  @Test
  void compactionIsFinalAlsoWhereMemoryStillHasTheEvents() throws IOException {
    WatchHubOptions roomy = new WatchHubOptions(1 << 20, 1000, 10_000);
    try (HubFixture remembering =
        new HubFixture(Files.createDirectory(directory.resolve("remembering")), roomy)) {
      // Events are remembered while anybody watches.
      remembering.hub.open(new RecordingSink()).create(WatchRequest.of(single("b"), 0));
      for (int i = 0; i < 3; i++) {
        remembering.put("a", "v" + i);
      }
      remembering.store.compact(4);
      remembering.hub.open(sink).create(WatchRequest.of(single("a"), 3));
      remembering.catchUp();
    }
    assertEquals(
        List.of(CREATED.formatted(0, 4), "Compacted[watchId=0, compactRevision=4]"), sink.take());
  }

  @Test
  void whatWasBeforeTheCompactRevisionIsForgottenAlsoWhereMemoryStillKnowsIt() throws IOException {
    WatchHubOptions roomy = new WatchHubOptions(1 << 20, 1000, 10_000);
    try (HubFixture remembering =
        new HubFixture(Files.createDirectory(directory.resolve("remembering")), roomy)) {
      remembering.hub.open(new RecordingSink()).create(WatchRequest.of(single("b"), 0));
      for (int i = 0; i < 3; i++) {
        remembering.put("a", "v" + i);
      }
      remembering.store.compact(3);
      remembering
          .hub
          .open(sink)
          .create(new WatchRequest(0, single("a"), 3, true, false, false, false));
      remembering.catchUp();
    }
    assertEquals(List.of(CREATED.formatted(0, 4), "0 @4: a=v1#3<> a=v2#4<v1>"), sink.take());
  }

  @Test
  void compactionDoesNotTouchWatchersThatAreUpToDate() {
    create(WatchRequest.of(single("a"), 0));
    for (int i = 0; i < 8; i++) {
      fixture.put("b", "v" + i);
    }
    fixture.store.compact(9);
    fixture.catchUp();
    fixture.put("a", "1");
    assertEquals(List.of(CREATED.formatted(0, 1), "0 @10: a=1#10"), sink.take());
  }

  @Test
  void cancelIsAnsweredOnceAndEndsTheEvents() {
    create(WatchRequest.of(single("a"), 0));
    stream.cancel(0);
    stream.cancel(0);
    stream.cancel(77);
    fixture.put("a", "1");
    assertEquals(List.of(CREATED.formatted(0, 1), "Canceled[watchId=0, revision=1]"), sink.take());
    create(new WatchRequest(0, single("a"), 1, false, false, false, false));
    stream.cancel(1);
    fixture.catchUp();
    assertEquals(List.of(CREATED.formatted(1, 2), "Canceled[watchId=1, revision=2]"), sink.take());
    assertEquals(0, fixture.hub.figures().watchers());
    assertEquals(0, fixture.hub.figures().slowWatchers());
  }

  @Test
  void aSlowClientGetsItsEventsWhenItIsReadyAndOthersDoNotWait() {
    RecordingSink other = new RecordingSink();
    WatchStream second = fixture.hub.open(other);
    create(WatchRequest.of(single("a"), 0));
    second.create(WatchRequest.of(single("a"), 0));
    sink.credit = 1;
    for (int i = 0; i < 4; i++) {
      fixture.put("a", "v" + i);
    }
    fixture.catchUp();
    assertEquals(List.of(CREATED.formatted(0, 1), "0 @2: a=v0#2"), sink.take());
    assertEquals(5, other.take().size());
    assertEquals(1, fixture.hub.figures().slowWatchers());
    stream.requestProgress();
    assertEquals(List.of(), sink.take());
    sink.credit = 1;
    stream.ready();
    fixture.catchUp();
    assertEquals(List.of("0 @4: a=v1#3 a=v2#4"), sink.take(), "one bounded step");
    sink.credit = 9;
    stream.ready();
    fixture.catchUp();
    stream.requestProgress();
    assertEquals(List.of("0 @5: a=v3#5", "Progress[watchId=-1, revision=5]"), sink.take());
    assertEquals(0, fixture.hub.figures().slowWatchers());
  }

  @Test
  void aSlowClientThatMissesACompactionIsToldSo() {
    create(WatchRequest.of(single("a"), 0));
    sink.credit = 0;
    for (int i = 0; i < 60; i++) {
      fixture.put("a", "v" + i);
    }
    fixture.store.compact(50);
    sink.credit = 9;
    stream.ready();
    fixture.catchUp();
    assertEquals(
        List.of(CREATED.formatted(0, 1), "Compacted[watchId=0, compactRevision=50]"), sink.take());
  }

  @Test
  void anIdleWatcherThatFallsBehindDoesNotNeedTheHistoryBefore() {
    create(WatchRequest.of(single("a"), 0));
    for (int i = 0; i < 60; i++) {
      fixture.put("b", "v" + i);
    }
    fixture.store.compact(61);
    sink.credit = 0;
    fixture.put("a", "1");
    for (int i = 0; i < 60; i++) {
      fixture.put("b", "v" + i);
    }
    sink.credit = 9;
    stream.ready();
    fixture.catchUp();
    assertEquals(List.of(CREATED.formatted(0, 1), "0 @122: a=1#62"), sink.take());
  }

  @Test
  void progressSpeaksForAllWatchersOfTheStream() {
    stream.requestProgress();
    assertEquals(List.of(), sink.take(), "a stream without watchers has none");
    fixture.put("a", "1");
    create(WatchRequest.of(single("a"), 0));
    create(WatchRequest.of(single("a"), 1));
    sink.take();
    stream.requestProgress();
    assertEquals(List.of(), sink.take(), "one is behind");
    fixture.catchUp();
    stream.requestProgress();
    assertEquals(List.of("1 @2: a=1#2", "Progress[watchId=-1, revision=2]"), sink.take());
  }

  @Test
  void tellsQuietWatchersOfTheirProgressFromTimeToTime() {
    create(new WatchRequest(0, single("a"), 0, false, true, false, false));
    create(WatchRequest.of(single("a"), 0));
    create(new WatchRequest(0, single("a"), 50, false, true, false, false));
    sink.take();
    long start = Long.MAX_VALUE - 5_000;
    fixture.hub.tick(start);
    fixture.put("b", "1");
    fixture.hub.tick(start + 9_999);
    assertEquals(List.of(), sink.take());
    fixture.hub.tick(start + 10_000);
    assertEquals(List.of("Progress[watchId=0, revision=2]"), sink.take());
    fixture.put("a", "1");
    sink.take();
    fixture.hub.tick(start + 20_000);
    assertEquals(List.of(), sink.take(), "events told it already");
    fixture.hub.tick(start + 30_000);
    assertEquals(List.of("Progress[watchId=0, revision=3]"), sink.take());
  }

  @Test
  void aClosedStreamIsForgotten() {
    create(WatchRequest.of(single("a"), 0));
    create(WatchRequest.of(KeyRange.all(), 1));
    stream.close();
    stream.create(WatchRequest.of(single("a"), 0));
    stream.ready();
    fixture.put("a", "1");
    fixture.catchUp();
    assertEquals(2, sink.take().size());
    assertEquals(0, fixture.hub.figures().watchers());
    assertEquals(0, fixture.hub.figures().slowWatchers());
    assertEquals(0, fixture.hub.figures().streams());
  }

  @Test
  void goesOnInTheStoreThatASnapshotBrought() throws Exception {
    create(WatchRequest.of(KeyRange.all(), 0));
    create(WatchRequest.of(single("a"), 100));
    fixture.put("a", "1");
    sink.take();
    try (HubFixture ahead = new HubFixture(Files.createDirectory(directory.resolve("ahead")))) {
      ahead.put("a", "1");
      ahead.put("b", "2");
      ahead.put("c", "3");
      fixture.hub.storeReplaced(ahead.store);
      fixture.catchUp();
      assertEquals(List.of("0 @4: b=2#3 c=3#4"), sink.take());
      ahead.write("d", "4");
      fixture.hub.batchApplied();
      assertEquals(List.of("0 @5: d=4#5"), sink.take());
      assertFalse(fixture.hub.figures().slowWatchers() > 0);
    }
  }

  private void create(WatchRequest request) {
    stream.create(request);
  }
}
