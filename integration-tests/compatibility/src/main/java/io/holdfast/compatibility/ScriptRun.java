package io.holdfast.compatibility;

import static io.holdfast.compatibility.FieldDifference.ABSENT;

import com.google.protobuf.Message;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.api.mvccpb.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Runs a script on both stores at once, step by step, and compares. What watchers report comes in
 * its own time: it is compared where the script's next step could change it, and at the end.
 */
final class ScriptRun {
  private final Arena arena;
  private final ApiLevel level;
  private final Ledger ledger;

  private boolean parted;

  ScriptRun(Arena arena, ApiLevel level, Ledger ledger) {
    this.arena = arena;
    this.level = level;
    this.ledger = ledger;
  }

  /**
   * @param fresh whether the stores have just been started and their history is to stay
   * @return the first difference that no rule explains
   */
  Optional<Difference> run(List<Step> script, boolean fresh) {
    arena.etcd().reset(fresh);
    arena.holdfast().reset(fresh);
    ledger.script();
    parted = false;
    for (int i = 0; i < script.size() && !parted; i++) {
      Step step = script.get(i);
      Optional<Difference> difference =
          needsQuiet(step) ? compareReports(i, Optional.of(step)) : Optional.empty();
      if (difference.isEmpty() && !parted) {
        difference = execute(i, step);
      }
      if (difference.isPresent()) {
        return difference;
      }
    }
    return parted ? Optional.empty() : compareReports(script.size(), Optional.empty());
  }

  /** Whether what the step does depends on how far watchers have come. */
  private static boolean needsQuiet(Step step) {
    return switch (step.call()) {
      case COMPACT, WATCH_END -> true;
      case WATCH -> !((WatchRequest) step.request()).hasCreateRequest();
      default -> false;
    };
  }

  /** Whether it also depends on whether watchers have looked up a history without events. */
  private static boolean needsSettled(Step step) {
    return step.call() == Call.COMPACT
        || step.request() instanceof WatchRequest request && request.hasProgressRequest();
  }

  private Optional<Difference> execute(int position, Step step) {
    boolean authEnabled = arena.etcd().session().authEnabled();
    CompletableFuture<Answer> theirs = arena.etcd().execute(step);
    CompletableFuture<Answer> ours = arena.holdfast().execute(step);
    Answer etcd = theirs.join().comparable(arena.etcd().session());
    Answer holdfast = ours.join().comparable(arena.holdfast().session());
    ledger.compared(step.call(), etcd);
    Comparison comparison =
        new Comparison(step.call(), step.request(), etcd, holdfast, lostHistory(step), authEnabled);
    List<FieldDifference> fields = unexplained(comparison, FieldDifference.between(etcd, holdfast));
    return fields.isEmpty()
        ? Optional.empty()
        : Optional.of(new Difference(position, step.call().title(), fields));
  }

  private boolean lostHistory(Step step) {
    WatchLane lane = arena.etcd().lanes().get(step.lane());
    return step.call() == Call.WATCH
        && lane != null
        && lane.watchers().stream()
            .anyMatch(watcher -> watcher.canceled().isPresent() || watcher.isDoomed());
  }

  private List<FieldDifference> unexplained(
      Comparison comparison, List<FieldDifference> differences) {
    List<FieldDifference> left = new ArrayList<>();
    for (FieldDifference difference : differences) {
      Optional<Rule> rule = KnownDifferences.explaining(level, comparison, difference);
      if (rule.isEmpty()) {
        left.add(difference);
      } else {
        ledger.explained(comparison.call(), rule.get());
        parted |= rule.get().parts();
      }
    }
    return left;
  }

  /** Compares what the watchers have reported, of one lane when it is about to end, or of all. */
  private Optional<Difference> compareReports(int position, Optional<Step> next) {
    List<FieldDifference> faults = new ArrayList<>();
    Optional<String> etcdLacks = arena.etcd().awaitReports();
    Optional<String> holdfastLacks = arena.holdfast().awaitReports();
    if (next.filter(ScriptRun::needsSettled).isPresent()) {
      arena.etcd().settle();
      arena.holdfast().settle();
    }
    boolean ends = next.isEmpty();
    for (Integer lane : arena.etcd().lanes().keySet()) {
      if (!ends && (next.get().call() != Call.WATCH_END || next.get().lane() != lane)) {
        continue;
      }
      Optional<Difference> difference = compareLane(position, lane);
      if (difference.isPresent()) {
        return difference;
      }
    }
    if (!etcdLacks.equals(holdfastLacks)) {
      faults.add(
          new FieldDifference(
              "reports", etcdLacks.orElse("complete"), holdfastLacks.orElse("complete")));
    }
    return faults.isEmpty()
        ? Optional.empty()
        : Optional.of(new Difference(position, "watchers", faults));
  }

  private Optional<Difference> compareLane(int position, int lane) {
    List<WatchLane.Watcher> theirs = arena.etcd().lanes().get(lane).watchers();
    List<WatchLane.Watcher> ours = arena.holdfast().lanes().get(lane).watchers();
    for (int i = 0; i < Math.min(theirs.size(), ours.size()); i++) {
      WatchLane.Watcher watcher = theirs.get(i);
      Answer etcd = reports(watcher, arena.etcd().session());
      Answer holdfast = reports(ours.get(i), arena.holdfast().session());
      ledger.events(etcd.messages().size());
      Comparison comparison =
          new Comparison(
              Call.WATCH,
              watcher.request(),
              etcd,
              holdfast,
              watcher.canceled().isPresent(),
              arena.etcd().session().authEnabled());
      List<FieldDifference> found = new ArrayList<>();
      int kept =
          deletionsKept(etcd, holdfast, watcher.firstRevision() - arena.etcd().session().base());
      if (kept > 0) {
        found.add(new FieldDifference(KnownDifferences.DELETIONS_KEPT, ABSENT, kept + " events"));
        holdfast = Answer.open(holdfast.messages().subList(kept, holdfast.messages().size()));
      }
      found.addAll(FieldDifference.between(etcd, holdfast));
      if (!watcher.faults().equals(ours.get(i).faults())) {
        found.add(
            new FieldDifference(
                "faults", watcher.faults().toString(), ours.get(i).faults().toString()));
      }
      List<FieldDifference> fields = unexplained(comparison, found);
      if (!fields.isEmpty()) {
        String where = "watcher " + i + " of lane " + lane + " reports";
        return Optional.of(new Difference(position, where, fields));
      }
    }
    return Optional.empty();
  }

  /**
   * How many more deletions of the very revision that it begins at a watcher of Holdfast reports:
   * etcd may have forgotten them in a compaction there.
   */
  private static int deletionsKept(Answer etcd, Answer holdfast, long firstRevision) {
    int more = holdfast.messages().size() - etcd.messages().size();
    int kept = 0;
    while (kept < more
        && holdfast.messages().get(kept) instanceof Event event
        && event.getType() == Event.EventType.DELETE
        && event.getKv().getModRevision() == Symbols.BASE + firstRevision) {
      kept++;
    }
    return kept;
  }

  /** All events of a watcher and, at their end, how the store ended it. */
  private static Answer reports(WatchLane.Watcher watcher, Session session) {
    List<Message> reports = new ArrayList<>();
    watcher.events().forEach(event -> reports.add(session.comparable(event)));
    watcher.canceled().ifPresent(canceled -> reports.add(session.comparable(canceled)));
    return Answer.open(reports);
  }
}
