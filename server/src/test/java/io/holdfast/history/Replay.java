package io.holdfast.history;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Computes, from the committed history alone, what an answered call must have been told. */
final class Replay {
  private final CommittedHistory committed;

  Replay(CommittedHistory committed) {
    this.committed = committed;
  }

  /** Whether an answered call says of itself that it changed something. */
  boolean isEffective(Operation operation) {
    return isEffective(operation.request(), operation.answer().orElseThrow())
        && !(operation.request() instanceof Request.Revoke revoke && !hadKeys(operation, revoke));
  }

  private boolean hadKeys(Operation operation, Request.Revoke revoke) {
    return committed.changesAt(operation.revision()).stream()
        .anyMatch(
            change ->
                !change.isPut()
                    && committed
                        .at(change.key(), operation.revision() - 1)
                        .map(version -> version.leaseId() == revoke.leaseId())
                        .orElse(false));
  }

  private static boolean isEffective(Request request, Answer answer) {
    if (answer instanceof Answer.Txn done && request instanceof Request.Txn txn) {
      List<Request> branch = done.succeeded() ? txn.success() : txn.failure();
      for (int i = 0; i < Math.min(branch.size(), done.answers().size()); i++) {
        if (isEffective(branch.get(i), done.answers().get(i))) {
          return true;
        }
      }
      return false;
    }
    return answer instanceof Answer.Put
        || answer instanceof Answer.Revoke
        || answer instanceof Answer.Delete deleted && deleted.deleted() > 0;
  }

  /** What is wrong with an answer; empty when nothing is. */
  Optional<String> contradiction(Operation operation, boolean writes) {
    if (operation.request() instanceof Request.Revoke) {
      return Optional.empty();
    }
    long revision = operation.revision();
    if (revision > committed.lastRevision()) {
      return Optional.of("revision " + revision + " was never committed");
    }
    State state = new State(writes ? revision - 1 : revision, revision);
    Answer expected = state.execute(operation.request());
    if (!expected.equals(operation.answer().orElseThrow())) {
      return Optional.of("the answer must be " + expected);
    }
    List<Change> changes = writes ? committed.changesAt(revision) : List.of();
    if (!state.changes.equals(changes)) {
      return Optional.of("it must have changed " + state.changes + " but did " + changes);
    }
    return Optional.empty();
  }

  /** The committed state before an operation, and over it what the operation changes. */
  private final class State {
    private final long before;
    private final long revision;
    private final List<Change> changes = new ArrayList<>();

    State(long before, long revision) {
      this.before = before;
      this.revision = revision;
    }

    Answer execute(Request request) {
      if (request instanceof Request.Put put) {
        return put(put);
      }
      if (request instanceof Request.Delete delete) {
        return delete(delete);
      }
      if (request instanceof Request.Range range) {
        return range(range);
      }
      if (request instanceof Request.Txn txn) {
        boolean succeeded = txn.compares().stream().allMatch(this::holds);
        List<Answer> answers = new ArrayList<>();
        for (Request step : succeeded ? txn.success() : txn.failure()) {
          answers.add(execute(step));
        }
        return new Answer.Txn(succeeded, answers);
      }
      return new Answer.Revoke();
    }

    private boolean holds(Request.Compare compare) {
      return now(KeyInterval.single(compare.key()), 0).stream()
          .anyMatch(version -> version.value().equals(compare.value()));
    }

    private Answer put(Request.Put put) {
      Optional<Version> old = now(KeyInterval.single(put.key()), 0).stream().findFirst();
      changes.add(
          Change.put(
              new Version(
                  put.key(),
                  put.value(),
                  old.map(Version::createRevision).orElse(revision),
                  revision,
                  old.map(Version::version).orElse(0L) + 1,
                  put.leaseId())));
      return new Answer.Put(put.previousWanted() ? old : Optional.empty());
    }

    private Answer delete(Request.Delete delete) {
      List<Version> old = now(delete.keys(), 0);
      old.forEach(version -> changes.add(Change.delete(version.key())));
      return new Answer.Delete(old.size(), delete.previousWanted() ? old : List.of());
    }

    private Answer range(Request.Range range) {
      List<Version> found = now(range.keys(), range.revision());
      boolean more = range.limit() > 0 && found.size() > range.limit();
      return new Answer.Range(
          more ? found.subList(0, (int) range.limit()) : found, more, found.size());
    }

    private List<Version> now(KeyInterval keys, long at) {
      List<Version> found = committed.range(keys, at > 0 ? Math.min(at, before) : before);
      if (changes.isEmpty() || at > 0) {
        return found;
      }
      TreeMap<String, Version> merged = new TreeMap<>();
      found.forEach(version -> merged.put(version.key(), version));
      for (Change change : changes) {
        if (keys.contains(change.key())) {
          merged.remove(change.key());
          change.put().ifPresent(version -> merged.put(change.key(), version));
        }
      }
      return List.copyOf(merged.values());
    }
  }
}
