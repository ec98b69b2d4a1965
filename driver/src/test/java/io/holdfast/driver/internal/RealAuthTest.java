package io.holdfast.driver.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.holdfast.api.authpb.Permission;
import io.holdfast.api.etcdserverpb.AuthEnableRequest;
import io.holdfast.api.etcdserverpb.AuthGrpc;
import io.holdfast.api.etcdserverpb.AuthRoleAddRequest;
import io.holdfast.api.etcdserverpb.AuthRoleGrantPermissionRequest;
import io.holdfast.api.etcdserverpb.AuthUserAddRequest;
import io.holdfast.api.etcdserverpb.AuthUserGrantRoleRequest;
import io.holdfast.driver.Connection;
import io.holdfast.driver.Drivers;
import io.holdfast.driver.ErrorState;
import io.holdfast.driver.HoldfastException;
import io.holdfast.driver.KeyRange;
import io.holdfast.driver.WatchRequest;
import io.holdfast.driver.testing.RecordingListener;
import io.holdfast.driver.testing.StoreProcess;
import java.util.Properties;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Users, against a real member with authentication on. */
class RealAuthTest {
  @Test
  void authenticatesWithATokenThatIsRenewed() {
    try (StoreProcess store = StoreProcess.start()) {
      enableAuthentication(store);
      RecordingListener listener = new RecordingListener();
      try (Connection user = connect(store, "me", "s3cret")) {
        user.put("mine/a", "1");
        assertEquals("1", user.get("mine/a").orElseThrow().value().asUtf8());
        user.watch(WatchRequest.of(KeyRange.prefix("mine/")), listener);
        listener.nextConnected();
        HoldfastException forbidden =
            assertThrows(HoldfastException.class, () -> user.put("yours", "1"));
        assertEquals("28001", forbidden.state());
        // Tokens do not survive the member: the next request has to fetch another.
        store.kill();
        store.restart();
        user.put("mine/a", "2");
        assertEquals("mine/a=2", RecordingListener.text(listener.nextEvent()));
      }
      try (Connection wrong = connect(store, "me", "wr0ng")) {
        HoldfastException refused =
            assertThrows(HoldfastException.class, () -> wrong.get("mine/a"));
        assertEquals(ErrorState.INVALID_AUTHORISATION, refused.errorState());
        assertFalse(refused.getMessage().contains("wr0ng"));
      }
    }
  }

  private static Connection connect(StoreProcess store, String user, String password) {
    Properties properties = new Properties();
    properties.setProperty("password", password);
    return Drivers.connect("etcd://" + user + "@" + store.endpoint(), properties);
  }

  private static void enableAuthentication(StoreProcess store) {
    Settings settings = ConnectionUrl.parse(store.url(), new Properties());
    try (DriverThreads threads = new DriverThreads(1)) {
      ManagedChannel channel =
          new OkHttpChannels(settings).open(settings.endpoints().get(0), threads);
      AuthGrpc.AuthBlockingStub auth = AuthGrpc.newBlockingStub(channel);
      addUser(auth, "root", "r00t");
      addUser(auth, "me", "s3cret");
      auth.roleAdd(AuthRoleAddRequest.newBuilder().setName("root").build());
      auth.roleAdd(AuthRoleAddRequest.newBuilder().setName("mine").build());
      auth.roleGrantPermission(
          AuthRoleGrantPermissionRequest.newBuilder()
              .setName("mine")
              .setPerm(
                  Permission.newBuilder()
                      .setPermType(Permission.Type.READWRITE)
                      .setKey(ByteString.copyFromUtf8("mine/"))
                      .setRangeEnd(ByteString.copyFromUtf8("mine0")))
              .build());
      grant(auth, "root", "root");
      grant(auth, "me", "mine");
      auth.authEnable(AuthEnableRequest.getDefaultInstance());
      channel.shutdownNow();
    }
  }

  private static void addUser(AuthGrpc.AuthBlockingStub auth, String name, String password) {
    try {
      auth.userAdd(AuthUserAddRequest.newBuilder().setName(name).setPassword(password).build());
    } catch (StatusRuntimeException failed) {
      Assumptions.assumeFalse(
          failed.getStatus().getCode() == Status.Code.UNIMPLEMENTED,
          "the server has no authentication");
      throw failed;
    }
  }

  private static void grant(AuthGrpc.AuthBlockingStub auth, String user, String role) {
    auth.userGrantRole(AuthUserGrantRoleRequest.newBuilder().setUser(user).setRole(role).build());
  }
}
