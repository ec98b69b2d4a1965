package io.holdfast.history;

import java.util.List;
import java.util.Optional;

/** What the store said. */
public sealed interface Answer {

  /**
   * @param previous the version before, when it was wanted and existed
   */
  record Put(Optional<Version> previous) implements Answer {}

  /**
   * @param previous the deleted versions in key order, when they were wanted
   */
  record Delete(long deleted, List<Version> previous) implements Answer {
    public Delete {
      previous = List.copyOf(previous);
    }
  }

  record Range(List<Version> versions, boolean more, long count) implements Answer {
    public Range {
      versions = List.copyOf(versions);
    }
  }

  record Txn(boolean succeeded, List<Answer> answers) implements Answer {
    public Txn {
      answers = List.copyOf(answers);
    }
  }

  record Revoke() implements Answer {}
}
