package io.holdfast.server.service.member;

import io.holdfast.server.error.EtcdError;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.random.RandomGenerator;
import org.wildfly.security.password.PasswordFactory;
import org.wildfly.security.password.WildFlyElytronPasswordProvider;
import org.wildfly.security.password.interfaces.BCryptPassword;
import org.wildfly.security.password.spec.EncryptablePasswordSpec;
import org.wildfly.security.password.spec.IteratedSaltedPasswordAlgorithmSpec;
import org.wildfly.security.password.util.ModularCrypt;

/**
 * Hashes passwords with bcrypt, which is made to take long: on a thread of its own, with a bounded
 * queue, so that a flood of sign-ins delays sign-ins only. Thread-safe.
 */
final class PasswordHasher {
  /** bcrypt looks at no more; whoever chose a longer password shall know. */
  private static final int PASSWORD_BYTES_MAX = 72;

  private final int cost;
  private final RandomGenerator random;
  private final ExecutorService worker;

  /** Compared with for users that do not exist, so that they take as long as others. */
  private volatile String dummyHash = "";

  /**
   * @param cost the work, as a power of two
   * @param random unpredictable from outside
   * @param worker bounded; shut down by the caller
   */
  PasswordHasher(int cost, RandomGenerator random, ExecutorService worker) {
    this.cost = cost;
    this.random = random;
    this.worker = worker;
  }

  /** The hash in its usual text form. PASSWORD_TOO_LONG, TOO_MANY_REQUESTS. */
  CompletionStage<String> hash(String password) {
    return fits(password)
        ? submit(() -> newHash(password))
        : CompletableFuture.failedStage(EtcdError.PASSWORD_TOO_LONG.asException());
  }

  private static boolean fits(String password) {
    return password.getBytes(StandardCharsets.UTF_8).length <= PASSWORD_BYTES_MAX;
  }

  /**
   * Whether a password is the one that was hashed. TOO_MANY_REQUESTS.
   *
   * @param hash empty when there is none: then no password is, which takes as long to say
   */
  CompletionStage<Boolean> matches(String password, String hash) {
    return submit(
        () -> {
          boolean known = !hash.isEmpty();
          BCryptPassword expected = (BCryptPassword) ModularCrypt.decode(known ? hash : dummy());
          BCryptPassword given = hashed(password, expected.getIterationCount(), expected.getSalt());
          boolean equal = MessageDigest.isEqual(expected.getHash(), given.getHash());
          return equal && known && fits(password);
        });
  }

  private String dummy() throws GeneralSecurityException {
    if (dummyHash.isEmpty()) {
      dummyHash = newHash("nobody");
    }
    return dummyHash;
  }

  private String newHash(String password) throws GeneralSecurityException {
    byte[] salt = new byte[BCryptPassword.BCRYPT_SALT_SIZE];
    random.nextBytes(salt);
    return ModularCrypt.encodeAsString(hashed(password, cost, salt));
  }

  private static BCryptPassword hashed(String password, int cost, byte[] salt)
      throws GeneralSecurityException {
    PasswordFactory factory =
        PasswordFactory.getInstance(
            BCryptPassword.ALGORITHM_BCRYPT, new WildFlyElytronPasswordProvider());
    return (BCryptPassword)
        factory.generatePassword(
            new EncryptablePasswordSpec(
                password.toCharArray(), new IteratedSaltedPasswordAlgorithmSpec(cost, salt)));
  }

  private <T> CompletionStage<T> submit(Callable<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    try {
      worker.execute(
          () -> {
            try {
              result.complete(work.call());
            } catch (Exception e) {
              result.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      result.completeExceptionally(EtcdError.TOO_MANY_REQUESTS.asException());
    }
    return result;
  }
}
