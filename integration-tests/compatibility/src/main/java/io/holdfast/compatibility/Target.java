package io.holdfast.compatibility;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.holdfast.api.etcdserverpb.AlarmMember;
import io.holdfast.api.etcdserverpb.AlarmRequest;
import io.holdfast.api.etcdserverpb.AlarmResponse;
import io.holdfast.api.etcdserverpb.AuthDisableRequest;
import io.holdfast.api.etcdserverpb.AuthRoleDeleteRequest;
import io.holdfast.api.etcdserverpb.AuthRoleListRequest;
import io.holdfast.api.etcdserverpb.AuthRoleListResponse;
import io.holdfast.api.etcdserverpb.AuthUserDeleteRequest;
import io.holdfast.api.etcdserverpb.AuthUserListRequest;
import io.holdfast.api.etcdserverpb.AuthUserListResponse;
import io.holdfast.api.etcdserverpb.AuthenticateRequest;
import io.holdfast.api.etcdserverpb.AuthenticateResponse;
import io.holdfast.api.etcdserverpb.CompactionRequest;
import io.holdfast.api.etcdserverpb.DeleteRangeRequest;
import io.holdfast.api.etcdserverpb.LeaseGrantResponse;
import io.holdfast.api.etcdserverpb.LeaseLeasesRequest;
import io.holdfast.api.etcdserverpb.LeaseLeasesResponse;
import io.holdfast.api.etcdserverpb.LeaseRevokeRequest;
import io.holdfast.api.etcdserverpb.LeaseStatus;
import io.holdfast.api.etcdserverpb.ResponseHeader;
import io.holdfast.api.etcdserverpb.WatchCreateRequest;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.api.etcdserverpb.WatchResponse;
import io.holdfast.api.mvccpb.Event;
import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import io.holdfast.harness.MemberProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** One of the two stores, a process of one member, and what a script has open on it. */
final class Target implements AutoCloseable {
  private static final int CONNECTIONS = 3;
  private static final int MESSAGE_BYTES_MAX = 64 << 20;
  private static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);
  private static final ByteString ZERO = ByteString.copyFrom(new byte[1]);
  private static final long ANSWER_MILLIS_MAX = 15_000;

  /** An answer that need not come is not waited for longer. */
  private static final long OPTIONAL_ANSWER_MILLIS = 60;

  /** etcd looks for history that watchers have asked for every 100 ms. */
  private static final long LOOK_BACK_MILLIS = 300;

  private final Cluster cluster;
  private final List<ManagedChannel> connections = new ArrayList<>();
  private final Map<Integer, WatchLane> lanes = new TreeMap<>();
  private Session session;
  private WatchLane history;

  private Target(Cluster cluster) {
    this.cluster = cluster;
    for (int i = 0; i < CONNECTIONS; i++) {
      connections.add(
          NettyChannelBuilder.forTarget(cluster.endpoints())
              .usePlaintext()
              .maxInboundMessageSize(MESSAGE_BYTES_MAX)
              .build());
    }
  }

  static Target start(Flavor flavor, Path directory, List<String> flags) {
    return new Target(Cluster.start(flavor, 1, directory, flags.toArray(String[]::new)));
  }

  MemberProcess member() {
    return cluster.member(0);
  }

  Session session() {
    return session;
  }

  /**
   * Takes away all that scripts before have left: leases, keys, alarms, watches, and unless {@code
   * fresh} the history too.
   */
  void reset(boolean fresh) {
    lanes.values().forEach(WatchLane::hangUp);
    lanes.clear();
    if (history != null) {
      history.hangUp();
    }
    clearUsers();
    clearAlarms();
    LeaseLeasesResponse leases =
        (LeaseLeasesResponse) must(Call.LEASE_LEASES, LeaseLeasesRequest.getDefaultInstance());
    for (LeaseStatus lease : leases.getLeasesList()) {
      must(Call.LEASE_REVOKE, LeaseRevokeRequest.newBuilder().setID(lease.getID()).build());
    }
    ResponseHeader header =
        headerOf(
                must(
                    Call.DELETE_RANGE,
                    DeleteRangeRequest.newBuilder().setKey(ZERO).setRangeEnd(ZERO).build()))
            .orElseThrow();
    if (!fresh) {
      // Refused when the script before has written nothing, which is as good.
      ask(Call.COMPACT, CompactionRequest.newBuilder().setRevision(header.getRevision()).build())
          .join();
    }
    session = new Session(header.getRevision(), header.getMemberId());
    history = new WatchLane(connections.get(0), session::compacted);
    history.send(
        create(
            WatchCreateRequest.newBuilder()
                .setKey(ZERO)
                .setRangeEnd(ZERO)
                // Watchers may begin at the deletions just made, where the store still knows them.
                .setStartRevision(header.getRevision())));
    history
        .awaitAnswer(ANSWER_MILLIS_MAX)
        .orElseThrow(() -> new IllegalStateException("no watch on " + member().name()));
  }

  /** Turns authentication off, which scripts leave possible, and forgets users and roles. */
  private void clearUsers() {
    Answer signedIn = ask(Call.AUTHENTICATE, AuthCalls.SIGN_IN_AS_ROOT).join();
    if (signedIn.isOk()) {
      Metadata metadata = new Metadata();
      metadata.put(TOKEN, ((AuthenticateResponse) signedIn.messages().get(0)).getToken());
      UnaryRun.start(
              connections.get(0),
              Call.AUTH_DISABLE.method(),
              AuthDisableRequest.getDefaultInstance(),
              metadata)
          .join();
    }
    AuthUserListResponse users =
        (AuthUserListResponse) must(Call.USER_LIST, AuthUserListRequest.getDefaultInstance());
    for (String name : users.getUsersList()) {
      must(Call.USER_DELETE, AuthUserDeleteRequest.newBuilder().setName(name).build());
    }
    AuthRoleListResponse roles =
        (AuthRoleListResponse) must(Call.ROLE_LIST, AuthRoleListRequest.getDefaultInstance());
    for (String name : roles.getRolesList()) {
      must(Call.ROLE_DELETE, AuthRoleDeleteRequest.newBuilder().setRole(name).build());
    }
  }

  private void clearAlarms() {
    AlarmResponse alarms = (AlarmResponse) must(Call.ALARM, AlarmRequest.getDefaultInstance());
    for (AlarmMember alarm : alarms.getAlarmsList()) {
      must(
          Call.ALARM,
          AlarmRequest.newBuilder()
              .setAction(AlarmRequest.AlarmAction.DEACTIVATE)
              .setMemberID(alarm.getMemberID())
              .setAlarm(alarm.getAlarm())
              .build());
    }
  }

  private Message must(Call call, Message request) {
    Answer answer = ask(call, request).join();
    if (!answer.isOk()) {
      throw new IllegalStateException(
          call + " between two scripts: " + answer.status() + "\n" + cluster.logTails());
    }
    return answer.messages().get(0);
  }

  private CompletableFuture<Answer> ask(Call call, Message request) {
    return UnaryRun.start(connections.get(0), call.method(), request);
  }

  /** Makes the step's call; completes with the answer as it came. */
  CompletableFuture<Answer> execute(Step step) {
    Message request = session.resolve(step.request());
    if (step.call().isWatch()) {
      return CompletableFuture.supplyAsync(() -> watch(step, request));
    }
    ManagedChannel connection = connections.get(step.lane() % CONNECTIONS);
    return UnaryRun.start(connection, step.call().method(), request, tokenOf(step.user()))
        .thenApply(
            answer -> {
              learn(step, request, answer);
              return answer;
            });
  }

  private Metadata tokenOf(Optional<String> user) {
    Metadata metadata = new Metadata();
    user.flatMap(session::token).ifPresent(token -> metadata.put(TOKEN, token));
    return metadata;
  }

  private void learn(Step step, Message request, Answer answer) {
    if (!answer.isOk() || answer.messages().isEmpty()) {
      return;
    }
    Message message = answer.messages().get(0);
    headerOf(message).ifPresent(header -> session.sawRevision(header.getRevision()));
    if (request instanceof CompactionRequest compaction) {
      session.sawCompaction(compaction.getRevision());
    }
    if (step.call() == Call.AUTH_ENABLE || step.call() == Call.AUTH_DISABLE) {
      session.sawAuth(step.call() == Call.AUTH_ENABLE);
    }
    if (request instanceof AuthenticateRequest signIn) {
      session.sawToken(signIn.getName(), ((AuthenticateResponse) message).getToken());
    }
    boolean chosen =
        step.call() == Call.LEASE_GRANT
            && ((io.holdfast.api.etcdserverpb.LeaseGrantRequest) request).getID() == 0;
    if (chosen) {
      session.sawChosenLease(((LeaseGrantResponse) message).getID());
    }
  }

  private static Optional<ResponseHeader> headerOf(Message message) {
    var field = message.getDescriptorForType().findFieldByName("header");
    return field == null ? Optional.empty() : Optional.of((ResponseHeader) message.getField(field));
  }

  private Answer watch(Step step, Message request) {
    if (step.call() == Call.WATCH_END) {
      WatchLane lane = lanes.remove(step.lane());
      if (lane != null) {
        lane.hangUp();
      }
      return Answer.open(List.of());
    }
    WatchRequest asked = (WatchRequest) request;
    WatchLane lane = lane(step.lane());
    boolean due = isAnswerDue(lane, asked);
    lane.send(asked);
    List<Message> answers = new ArrayList<>();
    Optional<WatchResponse> answer =
        lane.awaitAnswer(due ? ANSWER_MILLIS_MAX : OPTIONAL_ANSWER_MILLIS);
    answer.ifPresent(answers::add);
    if (asked.hasProgressRequest() && answer.isEmpty()) {
      lane.progressUnanswered();
    }
    return lane.ended()
        .map(status -> Answer.of(answers, status))
        .orElseGet(() -> Answer.open(answers));
  }

  private static boolean isAnswerDue(WatchLane lane, WatchRequest request) {
    return switch (request.getRequestUnionCase()) {
      case CREATE_REQUEST -> true;
      case CANCEL_REQUEST -> lane.isLive(request.getCancelRequest().getWatchId());
      case PROGRESS_REQUEST -> lane.hasLiveWatchers();
      case REQUESTUNION_NOT_SET -> false;
    };
  }

  private WatchLane lane(int number) {
    return lanes.computeIfAbsent(
        number,
        missing -> new WatchLane(connections.get(missing % CONNECTIONS), session::compacted));
  }

  Map<Integer, WatchLane> lanes() {
    return lanes;
  }

  /**
   * Waits until every watcher has reported all that it is to report of what has happened.
   *
   * @return what was waited for in vain; empty when there is nothing
   */
  Optional<String> awaitReports() {
    WatchLane.Watcher all = history.watchers().get(0);
    long newest = session.now();
    if (newest > session.base() && !history.await(() -> reached(all, newest), ANSWER_MILLIS_MAX)) {
      return Optional.of("the watch of everything has not reached the newest revision");
    }
    List<Event> events;
    synchronized (history) {
      events = List.copyOf(all.events());
    }
    for (Map.Entry<Integer, WatchLane> lane : lanes.entrySet()) {
      for (WatchLane.Watcher watcher : lane.getValue().watchers()) {
        List<Event> due = events.stream().filter(event -> Interest.covers(watcher, event)).toList();
        if (!lane.getValue().await(() -> isDone(watcher, due), ANSWER_MILLIS_MAX)) {
          return Optional.of(
              "a watcher of lane "
                  + lane.getKey()
                  + " has reported too little, "
                  + due.size()
                  + " due");
        }
      }
    }
    return Optional.empty();
  }

  private static boolean reached(WatchLane.Watcher all, long revision) {
    List<Event> events = all.events();
    return !events.isEmpty() && events.get(events.size() - 1).getKv().getModRevision() >= revision;
  }

  private static boolean isDone(WatchLane.Watcher watcher, List<Event> due) {
    if (watcher.isClosed() || watcher.isDoomed()) {
      return watcher.isClosed();
    }
    return watcher.events().size() >= due.size() || hasDoneWithoutForgotten(watcher, due);
  }

  /**
   * Whether the last event has come to a watcher that began where history begins: older etcds have
   * forgotten the deletions there ({@link KnownDifferences#DELETIONS_KEPT}).
   */
  private static boolean hasDoneWithoutForgotten(WatchLane.Watcher watcher, List<Event> due) {
    if (!watcher.beginsAtCompaction()) {
      return false;
    }
    List<Event> certain = due.stream().filter(event -> !isForgettable(watcher, event)).toList();
    if (certain.isEmpty()) {
      return watcher.ageMillis() > LOOK_BACK_MILLIS;
    }
    List<Event> seen = watcher.events();
    return !seen.isEmpty() && isSame(seen.get(seen.size() - 1), certain.get(certain.size() - 1));
  }

  private static boolean isForgettable(WatchLane.Watcher watcher, Event event) {
    return event.getType() == Event.EventType.DELETE
        && event.getKv().getModRevision() == watcher.firstRevision();
  }

  private static boolean isSame(Event one, Event other) {
    return one.getKv().getModRevision() == other.getKv().getModRevision()
        && one.getKv().getKey().equals(other.getKv().getKey());
  }

  /** Waits until no watcher can still be about to look up history. */
  void settle() {
    for (WatchLane lane : lanes.values()) {
      for (WatchLane.Watcher watcher : lane.watchers()) {
        if (watcher.looksBack()) {
          long leftMillis = LOOK_BACK_MILLIS - watcher.ageMillis();
          lane.await(() -> watcher.isClosed() || !watcher.events().isEmpty(), leftMillis);
        }
      }
    }
  }

  private static WatchRequest create(WatchCreateRequest.Builder request) {
    return WatchRequest.newBuilder().setCreateRequest(request).build();
  }

  @Override
  public void close() {
    connections.forEach(ManagedChannel::shutdownNow);
    cluster.close();
  }
}
