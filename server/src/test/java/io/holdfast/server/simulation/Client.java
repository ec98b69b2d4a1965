package io.holdfast.server.simulation;

import io.holdfast.history.Answer;
import io.holdfast.history.KeyInterval;
import io.holdfast.history.Operation;
import io.holdfast.history.Request;
import io.holdfast.server.alarm.AlarmType;
import io.holdfast.server.error.StoreException;
import io.holdfast.server.service.Response;
import io.holdfast.server.service.member.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * A client that does one thing after the other, at a member of its choice, and writes down what it
 * asked and heard. It gives up an answer after a while, and then never knows.
 */
final class Client {
  /** How much longer a client waits when nobody is in a hurry. */
  private static final int CALM = 200;

  private static final int REGISTERS = 6;
  private static final int LIST_KEYS = 60;
  private static final long PATIENCE_NANOS = 12 * Timeline.SECOND;

  private final int number;
  private final Cluster cluster;
  private final SplittableRandom random;
  private final Settings settings;
  private final PlantedServerBug bug;
  private final List<String> lately = new ArrayList<>();
  private boolean stopped;

  Client(
      int number,
      Cluster cluster,
      Settings settings,
      PlantedServerBug bug,
      SplittableRandom random) {
    this.bug = bug;
    this.number = number;
    this.cluster = cluster;
    this.settings = settings;
    this.random = random;
  }

  void start() {
    next();
  }

  void stop() {
    stopped = true;
  }

  private void next() {
    long think = settings.thinkMillis() * Timeline.MILLI * (cluster.isCalm() ? CALM : 1);
    cluster
        .timeline()
        .after(
            random.nextLong(2 * think),
            () -> {
              if (!stopped) {
                call(chosen());
              }
            });
  }

  private Request chosen() {
    int dice = random.nextInt(100);
    if (dice < 30) {
      return read();
    }
    if (dice < 60) {
      return new Request.Put(key(), value(), 0, random.nextBoolean());
    }
    if (dice < 70) {
      return new Request.Delete(keys(), random.nextBoolean());
    }
    return txn();
  }

  private Request.Range read() {
    boolean serializable = random.nextInt(4) == 0;
    long last = cluster.record().committed.lastRevision();
    long revision = random.nextInt(8) == 0 ? Math.max(1, last - random.nextInt(20)) : 0;
    return new Request.Range(
        keys(), revision, random.nextInt(4) == 0 ? 1 + random.nextInt(3) : 0, serializable);
  }

  /** Compare and swap with a value seen lately, or a few writes at once. */
  private Request txn() {
    String key = register();
    if (random.nextBoolean() && !lately.isEmpty()) {
      return new Request.Txn(
          List.of(new Request.Compare(key, lately.get(random.nextInt(lately.size())))),
          List.of(new Request.Put(key, value(), 0, true)),
          List.of(new Request.Range(KeyInterval.single(key), 0, 0, false)));
    }
    String list = listKey();
    return new Request.Txn(
        List.of(),
        List.of(
            new Request.Range(KeyInterval.single(key), 0, 0, false),
            new Request.Put(key, value(), 0, false),
            new Request.Put(list, value(), 0, true),
            new Request.Range(new KeyInterval("l", "m"), 0, 3, false)),
        List.of());
  }

  private String key() {
    return random.nextInt(3) == 0 ? listKey() : register();
  }

  private KeyInterval keys() {
    if (random.nextInt(4) == 0) {
      String from = listKey();
      String to = listKey();
      return from.compareTo(to) < 0 ? new KeyInterval(from, to) : new KeyInterval(to, from + "~");
    }
    return KeyInterval.single(key());
  }

  private String register() {
    return "k" + random.nextInt(REGISTERS);
  }

  private String listKey() {
    int number = random.nextInt(LIST_KEYS);
    return (number < 10 ? "l0" : "l") + number;
  }

  private String value() {
    return "v" + cluster.record().nextId() + "x".repeat(random.nextInt(30));
  }

  private void call(Request request) {
    Machine machine = cluster.anyMachine(random);
    long id = cluster.record().nextId();
    long called = cluster.timeline().now();
    Call call = new Call(id, called, request);
    cluster.timeline().after(PATIENCE_NANOS, call::giveUp);
    cluster
        .timeline()
        .after(
            cluster.network().delay(),
            () ->
                machine
                    .process()
                    .ifPresentOrElse(
                        process ->
                            process.run(
                                () ->
                                    process
                                        .member()
                                        .ifPresentOrElse(
                                            member -> call.send(process, member),
                                            call::nobodyThere)),
                        call::nobodyThere));
  }

  private CompletionStage<? extends Response<?>> execute(Member member, Request request) {
    if (request instanceof Request.Put put) {
      if (bug == PlantedServerBug.SENT_TWICE && random.nextInt(50) == 0) {
        member.keyValues().put(Translation.put(put));
      }
      return member.keyValues().put(Translation.put(put));
    }
    if (request instanceof Request.Delete delete) {
      return member.keyValues().deleteRange(Translation.delete(delete));
    }
    if (request instanceof Request.Range range) {
      return member
          .keyValues()
          .range(
              Translation.query(range),
              range.serializable() || bug == PlantedServerBug.READ_WITHOUT_QUORUM);
    }
    return member.keyValues().txn(Translation.txn((Request.Txn) request));
  }

  private void remember(Answer answer) {
    Consumer<String> keep =
        value -> {
          if (lately.size() > 8) {
            lately.remove(0);
          }
          lately.add(value);
        };
    if (answer instanceof Answer.Range range) {
      range.versions().stream().limit(2).forEach(version -> keep.accept(version.value()));
    }
  }

  /** One request on its way. */
  private final class Call {
    private final long id;
    private final long called;
    private final Request request;
    private boolean over;

    Call(long id, long called, Request request) {
      this.id = id;
      this.called = called;
      this.request = request;
    }

    void send(Process process, Member member) {
      boolean alarmed =
          member.maintenance().knownAlarms().stream()
              .anyMatch(alarm -> alarm.type() == AlarmType.NO_SPACE);
      execute(member, request)
          .whenComplete(
              (response, failure) -> {
                if (alarmed && failure == null && request instanceof Request.Range) {
                  cluster.record().deed("read answered for all the alarm NOSPACE");
                }
                if (process.isAlive()) {
                  cluster
                      .timeline()
                      .after(cluster.network().delay(), () -> heard(response, failure));
                }
              });
    }

    private void heard(Response<?> response, Throwable failure) {
      if (over) {
        return;
      }
      long now = cluster.timeline().now();
      Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
      if (cause == null) {
        Answer answer = Translation.answer(response.body());
        remember(answer);
        cluster.timeline().trace("answer", id, response.header().revision());
        finish(
            Operation.done(id, number, called, now, request, response.header().revision(), answer));
      } else if (cause instanceof StoreException refusal) {
        cluster.record().deed("refused: " + refusal.error());
        finish(Operation.refused(id, number, called, now, request));
      } else {
        finish(Operation.unknown(id, number, called, request));
      }
    }

    void giveUp() {
      if (!over) {
        finish(Operation.unknown(id, number, called, request));
      }
    }

    void nobodyThere() {
      if (!over) {
        finish(Operation.refused(id, number, called, cluster.timeline().now(), request));
      }
    }

    private void finish(Operation operation) {
      over = true;
      cluster.timeline().trace(operation.outcome().name(), id, operation.revision());
      cluster.record().operations.add(operation);
      next();
    }
  }
}
