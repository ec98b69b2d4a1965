package io.holdfast.server.simulation;

import io.holdfast.history.Change;
import io.holdfast.history.KeyInterval;
import io.holdfast.history.WatchRecord;
import io.holdfast.server.mvcc.Event;
import io.holdfast.server.service.member.Member;
import io.holdfast.server.watch.WatchMessage;
import io.holdfast.server.watch.WatchRequest;
import io.holdfast.server.watch.WatchSink;
import io.holdfast.server.watch.WatchStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Watches a range of keys for the whole run: when its stream breaks it goes on elsewhere, behind
 * the last revision it knows. Now and then it is too slow for what comes. One per member watches
 * everything; what those are told is taken for what was committed.
 */
final class Watcher {
  private static final KeyInterval EVERYTHING = new KeyInterval("\0", "\u00ff");

  /** How much longer a watcher waits before it looks again, when nobody is in a hurry. */
  private static final int CALM = 20;

  private final String name;
  private final Cluster cluster;
  private final SplittableRandom random;
  private final Optional<Machine> home;
  private final KeyInterval keys;
  private final boolean withoutPuts;
  private final boolean withoutDeletes;
  private final boolean previousWanted;
  private final PlantedServerBug bug;
  private long nextRevision;
  private Optional<Session> session = Optional.empty();

  private Watcher(
      String name,
      Cluster cluster,
      SplittableRandom random,
      Optional<Machine> home,
      KeyInterval keys,
      PlantedServerBug bug) {
    this.name = name;
    this.cluster = cluster;
    this.random = random;
    this.home = home;
    this.keys = keys;
    this.bug = bug;
    boolean all = home.isPresent();
    this.withoutPuts = !all && random.nextInt(6) == 0;
    this.withoutDeletes = !all && !withoutPuts && random.nextInt(6) == 0;
    this.previousWanted = !all && random.nextBoolean();
    this.nextRevision = all ? 2 : 0;
  }

  /** One that tells what a member shows of the history. */
  static Watcher ofAll(Cluster cluster, Machine home, SplittableRandom random) {
    return new Watcher(
        home.name(), cluster, random, Optional.of(home), EVERYTHING, PlantedServerBug.NONE);
  }

  /** A client's. */
  static Watcher ofSome(
      int number, Cluster cluster, SplittableRandom random, PlantedServerBug bug) {
    KeyInterval keys =
        random.nextBoolean()
            ? new KeyInterval("k", "l")
            : new KeyInterval("l" + random.nextInt(6), "l" + (6 + random.nextInt(4)));
    return new Watcher("w" + number, cluster, random, Optional.empty(), keys, bug);
  }

  /** Looks now and then whether the stream still stands, and breaks it now and then. */
  void start() {
    look();
  }

  private void look() {
    Machine machine = home.orElseGet(() -> session.map(s -> s.machine).orElse(null));
    boolean broken = session.isEmpty() || !session.get().process.isAlive();
    boolean leaving = home.isEmpty() && random.nextInt(15) == 0;
    if (broken || leaving) {
      session.ifPresent(Session::close);
      session = Optional.empty();
      Machine target = home.isPresent() ? machine : cluster.anyMachine(random);
      target
          .process()
          .ifPresent(
              process ->
                  process.run(
                      () -> process.member().ifPresent(member -> open(target, process, member))));
    } else {
      session.get().maybeSlow();
    }
    long pause = 500 * Timeline.MILLI + random.nextLong(Timeline.SECOND);
    cluster.timeline().after(cluster.isCalm() ? CALM * pause : pause, this::look);
  }

  private void open(Machine machine, Process process, Member member) {
    Session opened = new Session(machine, process);
    session = Optional.of(opened);
    opened.stream = member.watches().open(opened);
    long late = bug == PlantedServerBug.WATCH_RESUMED_LATE ? 1 : 0;
    long early = bug == PlantedServerBug.WATCH_RESUMED_EARLY ? 1 : 0;
    opened.promised = nextRevision;
    opened.stream.create(
        new WatchRequest(
            0,
            Translation.range(keys),
            nextRevision == 0 ? 0 : nextRevision + late - early,
            previousWanted,
            home.isEmpty(),
            withoutPuts,
            withoutDeletes));
  }

  /** One stream at one member. */
  private final class Session implements WatchSink {
    private final Machine machine;
    private final Process process;
    private WatchStream stream;
    private Optional<WatchRecord> record = Optional.empty();
    private long promised;
    private boolean slow;
    private boolean closed;

    Session(Machine machine, Process process) {
      this.machine = machine;
      this.process = process;
    }

    void close() {
      closed = true;
      process.run(stream::close);
    }

    void maybeSlow() {
      if (slow) {
        slow = false;
        process.run(stream::ready);
      } else if (home.isEmpty() && random.nextInt(4) == 0) {
        slow = true;
      } else if (random.nextInt(4) == 0) {
        process.run(stream::requestProgress);
      }
    }

    @Override
    public boolean isReady() {
      return !slow;
    }

    @Override
    public void deliver(WatchMessage message) {
      if (closed || !process.isAlive()) {
        return;
      }
      try {
        take(message);
      } catch (AssertionError violation) {
        cluster.timeline().fail(violation);
      }
    }

    private void take(WatchMessage message) {
      if (message instanceof WatchMessage.Created created) {
        long from = promised > 0 ? promised : created.revision() + 1;
        nextRevision = from;
        WatchRecord opened =
            new WatchRecord(name, keys, from, withoutPuts, withoutDeletes, previousWanted);
        record = Optional.of(opened);
        cluster.record().watches.add(opened);
      } else if (message instanceof WatchMessage.Events events) {
        events(events);
      } else if (message instanceof WatchMessage.Progress progress) {
        record.orElseThrow().add(new WatchRecord.Progress(progress.revision()));
        nextRevision = Math.max(nextRevision, progress.revision() + 1);
      } else if (message instanceof WatchMessage.Compacted compacted) {
        nextRevision = compacted.compactRevision();
        closed = true;
        session = Optional.empty();
      } else if (message instanceof WatchMessage.Refused refused) {
        throw new SimulationFailure("watches can be created", refused.reason());
      }
    }

    private void events(WatchMessage.Events message) {
      List<WatchRecord.Event> told = new ArrayList<>();
      List<Change> changes = new ArrayList<>();
      long revision = 0;
      for (Event event : message.batch().events()) {
        long at = event.keyValue().modRevision();
        if (home.isPresent() && at != revision && !changes.isEmpty()) {
          committed(revision, changes);
          changes = new ArrayList<>();
        }
        revision = at;
        Change change = Translation.change(event);
        changes.add(change);
        told.add(
            new WatchRecord.Event(
                at,
                change,
                event.isCreate(),
                previousWanted ? Translation.previous(event) : Optional.empty()));
      }
      if (home.isPresent()) {
        committed(revision, changes);
      }
      cluster.timeline().trace("events", revision, told.size());
      record.orElseThrow().add(new WatchRecord.Events(message.revision(), told));
      nextRevision = revision + 1;
    }

    private void committed(long revision, List<Change> changes) {
      cluster.record().committed(revision, changes, name, cluster.timeline().now());
    }
  }
}
