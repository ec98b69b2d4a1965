package io.holdfast.server.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.holdfast.api.authpb.Permission;
import io.holdfast.api.etcdserverpb.AlarmRequest;
import io.holdfast.api.etcdserverpb.AlarmType;
import io.holdfast.api.etcdserverpb.AuthEnableRequest;
import io.holdfast.api.etcdserverpb.AuthGrpc;
import io.holdfast.api.etcdserverpb.AuthRoleAddRequest;
import io.holdfast.api.etcdserverpb.AuthRoleGrantPermissionRequest;
import io.holdfast.api.etcdserverpb.AuthStatusRequest;
import io.holdfast.api.etcdserverpb.AuthUserAddRequest;
import io.holdfast.api.etcdserverpb.AuthUserChangePasswordRequest;
import io.holdfast.api.etcdserverpb.AuthUserGrantRoleRequest;
import io.holdfast.api.etcdserverpb.AuthenticateRequest;
import io.holdfast.api.etcdserverpb.ClusterGrpc;
import io.holdfast.api.etcdserverpb.KVGrpc;
import io.holdfast.api.etcdserverpb.LeaseGrantRequest;
import io.holdfast.api.etcdserverpb.LeaseGrpc;
import io.holdfast.api.etcdserverpb.LeaseKeepAliveRequest;
import io.holdfast.api.etcdserverpb.LeaseKeepAliveResponse;
import io.holdfast.api.etcdserverpb.MaintenanceGrpc;
import io.holdfast.api.etcdserverpb.PutRequest;
import io.holdfast.api.etcdserverpb.RangeRequest;
import io.holdfast.api.etcdserverpb.WatchCreateRequest;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.api.etcdserverpb.WatchResponse;
import io.holdfast.api.v3electionpb.ElectionGrpc;
import io.holdfast.api.v3electionpb.LeaderRequest;
import io.holdfast.api.v3lockpb.LockGrpc;
import io.holdfast.api.v3lockpb.LockRequest;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Users, tokens and permissions through a socket, on a real member that asks for them. */
@Timeout(120)
class AuthApiTest {
  private static final String USER_NAME_IS_EMPTY =
      "INVALID_ARGUMENT etcdserver: user name is empty";
  private static final String INVALID_TOKEN = "UNAUTHENTICATED etcdserver: invalid auth token";
  private static final String DENIED = "PERMISSION_DENIED etcdserver: permission denied";
  private static final List<ServiceDescriptor> SERVICES =
      List.of(
          KVGrpc.getServiceDescriptor(),
          WatchGrpc.getServiceDescriptor(),
          LeaseGrpc.getServiceDescriptor(),
          ClusterGrpc.getServiceDescriptor(),
          MaintenanceGrpc.getServiceDescriptor(),
          AuthGrpc.getServiceDescriptor(),
          LockGrpc.getServiceDescriptor(),
          ElectionGrpc.getServiceDescriptor());

  @TempDir static Path directory;
  private static LiveMember member;
  private static String root;
  private static String alice;

  @BeforeAll
  static void start() throws Exception {
    member = LiveMember.start(directory);
    AuthGrpc.AuthBlockingStub auth = AuthGrpc.newBlockingStub(member.channel());
    addUser(auth, "root", "root");
    auth.roleAdd(AuthRoleAddRequest.newBuilder().setName("own").build());
    auth.roleGrantPermission(
        AuthRoleGrantPermissionRequest.newBuilder()
            .setName("own")
            .setPerm(
                Permission.newBuilder()
                    .setPermType(Permission.Type.READWRITE)
                    .setKey(bytes("own/"))
                    .setRangeEnd(bytes("own0")))
            .build());
    addUser(auth, "alice", "own");
    addUser(auth, "bob", "own");
    auth.authEnable(AuthEnableRequest.getDefaultInstance());
    root = signIn("root");
    alice = signIn("alice");
  }

  @AfterAll
  static void stop() throws Exception {
    member.close();
  }

  private static void addUser(AuthGrpc.AuthBlockingStub auth, String name, String role) {
    auth.userAdd(AuthUserAddRequest.newBuilder().setName(name).setPassword(password(name)).build());
    auth.userGrantRole(AuthUserGrantRoleRequest.newBuilder().setUser(name).setRole(role).build());
  }

  private static String password(String name) {
    return name + "'s password";
  }

  private static String signIn(String name) {
    return AuthGrpc.newBlockingStub(member.channel())
        .authenticate(
            AuthenticateRequest.newBuilder().setName(name).setPassword(password(name)).build())
        .getToken();
  }

  private static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static Channel as(String header, String value) {
    Metadata metadata = new Metadata();
    metadata.put(Metadata.Key.of(header, Metadata.ASCII_STRING_MARSHALLER), value);
    return ClientInterceptors.intercept(
        member.channel(), MetadataUtils.newAttachHeadersInterceptor(metadata));
  }

  private static Channel as(String token) {
    return as("token", token);
  }

  private static String refusal(Executable call) {
    Status status = assertThrows(StatusRuntimeException.class, call).getStatus();
    return status.getCode() + " " + status.getDescription();
  }

  private static void put(Channel channel, String key) {
    KVGrpc.newBlockingStub(channel)
        .put(PutRequest.newBuilder().setKey(bytes(key)).setValue(bytes("v")).build());
  }

  @Test
  void tokensAreTakenFromEitherHeader() {
    put(as("token", alice), "own/a");
    put(as("authorization", alice), "own/a");
    put(as("authorization", "Bearer " + alice), "own/a");
    assertEquals(USER_NAME_IS_EMPTY, refusal(() -> put(member.channel(), "own/a")));
    assertEquals(INVALID_TOKEN, refusal(() -> put(as("token", alice + "0"), "own/a")));
    assertEquals(INVALID_TOKEN, refusal(() -> put(as("token", "abc"), "own/a")));
    assertEquals(
        INVALID_TOKEN, refusal(() -> put(as("token", "abcdefghijklmnop.999999"), "own/a")));
  }

  @Test
  void usersReachTheirOwnKeysOnly() {
    put(as(alice), "own/b");
    assertEquals(DENIED, refusal(() -> put(as(alice), "other")));
    put(as(root), "other");
    KVGrpc.KVBlockingStub keyValues = KVGrpc.newBlockingStub(as(alice));
    RangeRequest everything =
        RangeRequest.newBuilder().setKey(bytes("\0")).setRangeEnd(bytes("\0")).build();
    assertEquals(DENIED, refusal(() -> keyValues.range(everything)));
    assertEquals(
        DENIED,
        refusal(() -> keyValues.range(everything.toBuilder().setSerializable(true).build())));
    Iterator<?> streamed = keyValues.rangeStream(everything);
    assertEquals(DENIED, refusal(streamed::next));
  }

  @Test
  void everyMethodAsksForAToken() throws Exception {
    Map<String, String> served = new TreeMap<>();
    forEachMethod(
        method -> {
          String outcome = call(method, member.channel());
          if (!outcome.equals(withoutToken(method))) {
            served.put(method.getFullMethodName(), outcome);
          }
        });
    assertEquals(
        Map.of(
            "etcdserverpb.Auth/AuthStatus",
            "OK",
            "etcdserverpb.Auth/Authenticate",
            "INVALID_ARGUMENT etcdserver: authentication failed, invalid user ID or password"),
        served);
  }

  /** Locks and elections pass on the text, not the code. */
  private static String withoutToken(MethodDescriptor<?, ?> method) {
    boolean recipe =
        List.of(LockGrpc.SERVICE_NAME, ElectionGrpc.SERVICE_NAME).contains(method.getServiceName());
    return recipe ? "UNKNOWN etcdserver: user name is empty" : USER_NAME_IS_EMPTY;
  }

  @Test
  void whatOnlyRootMayDoIsDeniedToOthers() throws Exception {
    forEachMethod(
        method -> {
          boolean reserved =
              AuthRules.of(method.getFullMethodName()).orElseThrow() == AuthRules.Rule.ROOT;
          if (reserved) {
            assertEquals(DENIED, call(method, as(alice)), method.getFullMethodName());
          }
        });
    MaintenanceGrpc.MaintenanceBlockingStub maintenance =
        MaintenanceGrpc.newBlockingStub(as(alice));
    assertEquals(0, maintenance.alarm(AlarmRequest.getDefaultInstance()).getAlarmsCount());
    AlarmRequest raise =
        AlarmRequest.newBuilder()
            .setAction(AlarmRequest.AlarmAction.ACTIVATE)
            .setMemberID(1)
            .setAlarm(AlarmType.NOSPACE)
            .build();
    assertEquals(DENIED, refusal(() -> maintenance.alarm(raise)));
  }

  private interface MethodVisitor {
    void visit(MethodDescriptor<Message, Message> method) throws InterruptedException;
  }

  @SuppressWarnings("unchecked")
  private static void forEachMethod(MethodVisitor visitor) throws InterruptedException {
    for (ServiceDescriptor service : SERVICES) {
      for (MethodDescriptor<?, ?> method : service.getMethods()) {
        visitor.visit((MethodDescriptor<Message, Message>) method);
      }
    }
  }

  /** Calls with an empty request and says how it ended. */
  private static String call(MethodDescriptor<Message, Message> method, Channel channel)
      throws InterruptedException {
    Message empty =
        ((MethodDescriptor.PrototypeMarshaller<Message>) method.getRequestMarshaller())
            .getMessagePrototype();
    StreamProbe<Message, Message> probe = new StreamProbe<>();
    var call = channel.newCall(method, CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS));
    if (method.getType().clientSendsOneMessage()) {
      ClientCalls.asyncServerStreamingCall(call, empty, probe);
    } else {
      ClientCalls.asyncBidiStreamingCall(call, probe);
    }
    Status status = probe.end();
    return status.isOk() ? "OK" : status.getCode() + " " + status.getDescription();
  }

  @Test
  void aWatchThatIsNotAllowedIsCancelledWithTheReason() throws Exception {
    StreamProbe<WatchRequest, WatchResponse> watch = new StreamProbe<>();
    WatchGrpc.newStub(as(alice)).watch(watch);
    watch.send(watch("other"));
    WatchResponse refused = watch.next();
    assertTrue(refused.getCreated() && refused.getCanceled());
    assertEquals(-1, refused.getWatchId());
    assertEquals(
        "rpc error: code = PermissionDenied desc = etcdserver: permission denied",
        refused.getCancelReason());
    watch.send(watch("own/watched"));
    assertTrue(watch.next().getCreated());
    put(as(root), "own/watched");
    assertEquals(1, watch.next().getEventsCount());
    watch.cancel();
  }

  private static WatchRequest watch(String key) {
    return WatchRequest.newBuilder()
        .setCreateRequest(WatchCreateRequest.newBuilder().setKey(bytes(key)))
        .build();
  }

  @Test
  void locksAndElectionsAreMadeOfKeysTheCallerMayUse() {
    LeaseGrpc.LeaseBlockingStub leases = LeaseGrpc.newBlockingStub(as(alice));
    long lease = leases.leaseGrant(LeaseGrantRequest.newBuilder().setTTL(60).build()).getID();
    LockGrpc.LockBlockingStub locks = LockGrpc.newBlockingStub(as(alice));
    assertFalse(
        locks
            .lock(LockRequest.newBuilder().setName(bytes("own/lock")).setLease(lease).build())
            .getKey()
            .isEmpty());
    assertEquals(
        "UNKNOWN etcdserver: permission denied",
        refusal(
            () ->
                locks.lock(
                    LockRequest.newBuilder().setName(bytes("other")).setLease(lease).build())));
    assertEquals(
        "UNKNOWN etcdserver: permission denied",
        refusal(
            () ->
                ElectionGrpc.newBlockingStub(as(alice))
                    .leader(LeaderRequest.newBuilder().setName(bytes("other")).build())));
    assertEquals(
        "UNKNOWN etcdserver: invalid auth token",
        refusal(
            () ->
                LockGrpc.newBlockingStub(as(alice + "0"))
                    .lock(LockRequest.newBuilder().setName(bytes("own/lock")).build())));
  }

  @Test
  void aStreamAsksAgainWhoseItIs() throws Exception {
    String bob = signIn("bob");
    LeaseGrpc.LeaseBlockingStub leases = LeaseGrpc.newBlockingStub(as(bob));
    long lease = leases.leaseGrant(LeaseGrantRequest.newBuilder().setTTL(60).build()).getID();
    StreamProbe<LeaseKeepAliveRequest, LeaseKeepAliveResponse> stream = new StreamProbe<>();
    LeaseGrpc.newStub(as(bob)).leaseKeepAlive(stream);
    LeaseKeepAliveRequest renew = LeaseKeepAliveRequest.newBuilder().setID(lease).build();
    stream.send(renew);
    assertEquals(60, stream.next().getTTL());
    AuthGrpc.newBlockingStub(as(root))
        .userChangePassword(
            AuthUserChangePasswordRequest.newBuilder()
                .setName("bob")
                .setPassword(password("bob"))
                .build());
    stream.send(renew);
    Status end = stream.end();
    assertEquals(INVALID_TOKEN, end.getCode() + " " + end.getDescription());
  }

  @Test
  void theStatusIsForEverybody() {
    var status =
        AuthGrpc.newBlockingStub(member.channel())
            .authStatus(AuthStatusRequest.getDefaultInstance());
    assertTrue(status.getEnabled());
    assertTrue(status.getAuthRevision() > 1);
  }
}
