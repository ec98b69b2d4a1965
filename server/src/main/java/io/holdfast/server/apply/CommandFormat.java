package io.holdfast.server.apply;

import io.holdfast.server.auth.Caller;

/** How commands are written into log entries. Implementations are stateless and thread-safe. */
public interface CommandFormat {
  /**
   * @param requestId identifies the request on the member that proposes it; never 0
   */
  byte[] encode(long requestId, Caller caller, Command command);

  /** The same for what the cluster does by itself. */
  default byte[] encode(long requestId, Command command) {
    return encode(requestId, Caller.CLUSTER, command);
  }

  /**
   * On whose behalf an entry is executed, read without decoding the command.
   *
   * @throws io.holdfast.server.error.InvariantViolation when the entry is malformed
   */
  Caller caller(byte[] entry);

  /**
   * The request id of an entry, read without decoding the command.
   *
   * @throws io.holdfast.server.error.InvariantViolation when the entry is malformed
   */
  long requestId(byte[] entry);

  /**
   * @throws io.holdfast.server.error.InvariantViolation when the entry is malformed: a committed
   *     entry that cannot be read cannot be skipped either
   */
  Command decode(byte[] entry);
}
