package io.holdfast.compatibility;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Makes a script that shows a difference shorter, then its requests simpler, as long as the
 * difference stays the same.
 */
final class Shrinker {
  private static final int TRIES_MAX = 400;
  private static final long NANOS_MAX = 10_000_000_000L;

  private final Function<List<Step>, Optional<Difference>> run;
  private List<Step> script;
  private Difference difference;
  private int tries;
  private final long begin = System.nanoTime();

  private Shrinker(
      Function<List<Step>, Optional<Difference>> run, List<Step> script, Difference difference) {
    this.run = run;
    this.script = script;
    this.difference = difference;
  }

  /** What is left: a script and the difference that it shows. */
  record Shrunk(List<Step> script, Difference difference) {}

  static Shrunk shrink(
      Function<List<Step>, Optional<Difference>> run, List<Step> script, Difference difference) {
    int used = Math.min(script.size(), difference.position() + 1);
    Shrinker shrinker = new Shrinker(run, List.copyOf(script.subList(0, used)), difference);
    shrinker.dropSteps();
    shrinker.simplifyRequests();
    shrinker.dropSteps();
    return new Shrunk(shrinker.script, shrinker.difference);
  }

  private boolean keeps(List<Step> candidate) {
    if (tries++ >= TRIES_MAX || System.nanoTime() - begin > NANOS_MAX) {
      return false;
    }
    Optional<Difference> found = run.apply(candidate);
    if (found.isEmpty() || !found.get().signature().equals(difference.signature())) {
      return false;
    }
    script = List.copyOf(candidate);
    difference = found.get();
    return true;
  }

  private void dropSteps() {
    for (int size = Math.max(1, script.size() / 2); size >= 1; size /= 2) {
      for (int from = script.size() - size; from >= 0; from -= size) {
        if (from + size <= script.size()) {
          List<Step> candidate = new ArrayList<>(script.subList(0, from));
          candidate.addAll(script.subList(from + size, script.size()));
          keeps(candidate);
        }
      }
    }
  }

  private void simplifyRequests() {
    for (int i = 0; i < script.size(); i++) {
      boolean simpler = true;
      while (simpler && i < script.size()) {
        simpler = false;
        for (Message request : simplerThan(script.get(i).request())) {
          if (i < script.size() && keeps(with(i, request))) {
            simpler = true;
            break;
          }
        }
      }
    }
  }

  private List<Step> with(int position, Message request) {
    List<Step> candidate = new ArrayList<>(script);
    Step old = candidate.get(position);
    candidate.set(position, old.with(request));
    return candidate;
  }

  /** The message with one thing taken out of it, in every way. */
  private static List<Message> simplerThan(Message message) {
    List<Message> simpler = new ArrayList<>();
    for (FieldDescriptor field : message.getAllFields().keySet()) {
      simpler.add(message.toBuilder().clearField(field).build());
      if (field.isRepeated()) {
        addSimplerLists(message, field, simpler);
      } else if (message.getField(field) instanceof Message inner) {
        for (Message one : simplerThan(inner)) {
          simpler.add(message.toBuilder().setField(field, one).build());
        }
      }
    }
    return simpler;
  }

  private static void addSimplerLists(
      Message message, FieldDescriptor field, List<Message> simpler) {
    List<?> values = (List<?>) message.getField(field);
    for (int i = 0; i < values.size(); i++) {
      List<Object> fewer = new ArrayList<>(values);
      fewer.remove(i);
      simpler.add(message.toBuilder().setField(field, fewer).build());
      if (values.get(i) instanceof Message inner) {
        for (Message one : simplerThan(inner)) {
          simpler.add(message.toBuilder().setRepeatedField(field, i, one).build());
        }
      }
    }
  }
}
