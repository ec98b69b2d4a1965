package io.holdfast.jetcd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.etcd.jetcd.Auth;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.auth.Permission;
import io.holdfast.harness.Cluster;
import io.holdfast.harness.Flavor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The Auth client of etcd's own Java client, unmodified, against three members. */
@Timeout(180)
class JetcdAuthIT {
  private static final long SECONDS_MAX = 60;

  @TempDir static Path directory;

  @Test
  void usersReachWhatTheirRolesAllow() throws Exception {
    try (Cluster cluster = Cluster.start(Flavor.underTest(), 3, directory);
        Client nobody = builder(cluster).build()) {
      makeUsers(nobody.getAuthClient());
      try (Client root = builder(cluster).user(bytes("root")).password(bytes("secret")).build();
          Client alice = builder(cluster).user(bytes("alice")).password(bytes("wonder")).build()) {
        done(root.getKVClient().put(bytes("conf/a"), bytes("1")));
        done(root.getKVClient().put(bytes("other"), bytes("1")));
        assertEquals(
            "1",
            done(alice.getKVClient().get(bytes("conf/a"))).getKvs().get(0).getValue().toString());
        assertRefused("permission denied", alice.getKVClient().get(bytes("other")));
        assertRefused("permission denied", alice.getKVClient().put(bytes("conf/a"), bytes("2")));
        assertRefused("user name is empty", nobody.getKVClient().get(bytes("conf/a")));

        assertEquals(
            List.of("reader"), done(root.getAuthClient().userGet(bytes("alice"))).getRoles());
        assertEquals(List.of("alice", "root"), done(root.getAuthClient().userList()).getUsers());
        Permission held =
            done(root.getAuthClient().roleGet(bytes("reader"))).getPermissions().get(0);
        assertEquals("conf/", held.getKey().toString());
        assertEquals(Permission.Type.READ, held.getPermType());

        done(root.getAuthClient().userRevokeRole(bytes("alice"), bytes("reader")));
        assertRefused("permission denied", alice.getKVClient().get(bytes("conf/a")));
        done(root.getAuthClient().authDisable());
      }
      done(nobody.getKVClient().get(bytes("other")));
    }
  }

  private static void makeUsers(Auth auth) throws Exception {
    done(auth.userAdd(bytes("root"), bytes("secret")));
    done(auth.userGrantRole(bytes("root"), bytes("root")));
    done(auth.roleAdd(bytes("reader")));
    done(
        auth.roleGrantPermission(
            bytes("reader"), bytes("conf/"), bytes("conf0"), Permission.Type.READ));
    done(auth.userAdd(bytes("alice"), bytes("first")));
    done(auth.userChangePassword(bytes("alice"), bytes("wonder")));
    done(auth.userGrantRole(bytes("alice"), bytes("reader")));
    done(auth.authEnable());
  }

  private static io.etcd.jetcd.ClientBuilder builder(Cluster cluster) {
    return Client.builder()
        .endpoints(
            "http://" + cluster.member(0).endpoint(), "http://" + cluster.member(1).endpoint());
  }

  private static void assertRefused(String text, CompletableFuture<?> call) {
    ExecutionException refused =
        assertThrows(ExecutionException.class, () -> call.get(SECONDS_MAX, TimeUnit.SECONDS));
    assertTrue(refused.getMessage().contains(text), refused.getMessage());
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }

  private static <T> T done(CompletableFuture<T> future) throws Exception {
    return future.get(SECONDS_MAX, TimeUnit.SECONDS);
  }
}
