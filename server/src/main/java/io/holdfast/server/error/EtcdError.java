package io.holdfast.server.error;

/**
 * Every domain error of the etcd v3 protocol: its status code and its exact text.
 *
 * <p>Clients match on the text, so it is part of the wire format and never changes.
 */
public enum EtcdError {
  KEY_NOT_PROVIDED(StatusCode.INVALID_ARGUMENT, "etcdserver: key is not provided"),
  KEY_NOT_FOUND(StatusCode.INVALID_ARGUMENT, "etcdserver: key not found"),
  VALUE_IS_PROVIDED(StatusCode.INVALID_ARGUMENT, "etcdserver: value is provided"),
  LEASE_IS_PROVIDED(StatusCode.INVALID_ARGUMENT, "etcdserver: lease is provided"),
  TOO_MANY_OPERATIONS(
      StatusCode.INVALID_ARGUMENT, "etcdserver: too many operations in txn request"),
  DUPLICATE_KEY(StatusCode.INVALID_ARGUMENT, "etcdserver: duplicate key given in txn request"),
  INVALID_CLIENT_API_VERSION(StatusCode.INVALID_ARGUMENT, "etcdserver: invalid client api version"),
  INVALID_SORT_OPTION(StatusCode.INVALID_ARGUMENT, "etcdserver: invalid sort option"),
  MEMBER_URLS_INVALID(StatusCode.INVALID_ARGUMENT, "etcdserver: given member URLs are invalid"),
  REQUEST_IS_TOO_LARGE(StatusCode.INVALID_ARGUMENT, "etcdserver: request is too large"),
  USER_NAME_IS_EMPTY(StatusCode.INVALID_ARGUMENT, "etcdserver: user name is empty"),
  ROLE_NAME_IS_EMPTY(StatusCode.INVALID_ARGUMENT, "etcdserver: role name is empty"),
  AUTHENTICATION_FAILED(
      StatusCode.INVALID_ARGUMENT,
      "etcdserver: authentication failed, invalid user ID or password"),
  PERMISSION_NOT_GIVEN(StatusCode.INVALID_ARGUMENT, "etcdserver: permission not given"),
  INVALID_AUTH_MANAGEMENT(StatusCode.INVALID_ARGUMENT, "etcdserver: invalid auth management"),
  AUTH_REVISION_OLD(StatusCode.INVALID_ARGUMENT, "etcdserver: revision of auth store is old"),
  WRONG_DOWNGRADE_TARGET_VERSION_FORMAT(
      StatusCode.INVALID_ARGUMENT, "etcdserver: wrong downgrade target version format"),
  INVALID_DOWNGRADE_TARGET_VERSION(
      StatusCode.INVALID_ARGUMENT, "etcdserver: invalid downgrade target version"),
  COMPACTED(StatusCode.OUT_OF_RANGE, "etcdserver: mvcc: required revision has been compacted"),
  FUTURE_REVISION(
      StatusCode.OUT_OF_RANGE, "etcdserver: mvcc: required revision is a future revision"),
  LEASE_TTL_TOO_LARGE(StatusCode.OUT_OF_RANGE, "etcdserver: too large lease TTL"),
  NO_SPACE(StatusCode.RESOURCE_EXHAUSTED, "etcdserver: mvcc: database space exceeded"),
  TOO_MANY_REQUESTS(StatusCode.RESOURCE_EXHAUSTED, "etcdserver: too many requests"),
  /** Has no counterpart in etcd, which would end for lack of memory. */
  ANSWER_TOO_LARGE(
      StatusCode.RESOURCE_EXHAUSTED,
      "holdfast: the answer takes more memory than there is for it: ask with a limit, page by page,"
          + " or by RangeStream"),
  /** The same for what is executed by every member alike. */
  WRITE_READS_TOO_MUCH(
      StatusCode.RESOURCE_EXHAUSTED,
      "holdfast: a transaction or delete may read 32 MiB at most, for its comparisons, its ranges"
          + " and previous values; nothing was changed: read with requests of their own, or in"
          + " parts"),
  LEASE_NOT_FOUND(StatusCode.NOT_FOUND, "etcdserver: requested lease not found"),
  MEMBER_NOT_FOUND(StatusCode.NOT_FOUND, "etcdserver: member not found"),
  LEASE_ALREADY_EXISTS(StatusCode.FAILED_PRECONDITION, "etcdserver: lease already exists"),
  MEMBER_ID_EXISTS(StatusCode.FAILED_PRECONDITION, "etcdserver: member ID already exist"),
  PEER_URLS_EXIST(StatusCode.FAILED_PRECONDITION, "etcdserver: Peer URLs already exists"),
  NOT_ENOUGH_STARTED_MEMBERS(
      StatusCode.FAILED_PRECONDITION,
      "etcdserver: re-configuration failed due to not enough started members"),
  LEARNER_NOT_READY(
      StatusCode.FAILED_PRECONDITION,
      "etcdserver: can only promote a learner member which is in sync with leader"),
  MEMBER_NOT_LEARNER(
      StatusCode.FAILED_PRECONDITION, "etcdserver: can only promote a learner member"),
  TOO_MANY_LEARNER_MEMBERS_IN_CLUSTER(
      StatusCode.FAILED_PRECONDITION, "etcdserver: too many learner members in cluster"),
  CLUSTER_ID_MISMATCH(StatusCode.FAILED_PRECONDITION, "etcdserver: cluster ID mismatch"),
  ROOT_USER_DOES_NOT_EXIST(StatusCode.FAILED_PRECONDITION, "etcdserver: root user does not exist"),
  ROOT_USER_DOES_NOT_HAVE_ROOT_ROLE(
      StatusCode.FAILED_PRECONDITION, "etcdserver: root user does not have root role"),
  USER_NAME_ALREADY_EXISTS(StatusCode.FAILED_PRECONDITION, "etcdserver: user name already exists"),
  USER_NAME_NOT_FOUND(StatusCode.FAILED_PRECONDITION, "etcdserver: user name not found"),
  ROLE_NAME_ALREADY_EXISTS(StatusCode.FAILED_PRECONDITION, "etcdserver: role name already exists"),
  ROLE_NAME_NOT_FOUND(StatusCode.FAILED_PRECONDITION, "etcdserver: role name not found"),
  ROLE_IS_NOT_GRANTED_TO_THE_USER(
      StatusCode.FAILED_PRECONDITION, "etcdserver: role is not granted to the user"),
  PERMISSION_IS_NOT_GRANTED_TO_THE_ROLE(
      StatusCode.FAILED_PRECONDITION, "etcdserver: permission is not granted to the role"),
  AUTHENTICATION_IS_NOT_ENABLED(
      StatusCode.FAILED_PRECONDITION, "etcdserver: authentication is not enabled"),
  NOT_LEADER(StatusCode.FAILED_PRECONDITION, "etcdserver: not leader"),
  NOT_CAPABLE(StatusCode.FAILED_PRECONDITION, "etcdserver: not capable"),
  NOT_SUPPORTED_FOR_LEARNER(
      StatusCode.FAILED_PRECONDITION, "etcdserver: rpc not supported for learner"),
  BAD_LEADER_TRANSFEREE(StatusCode.FAILED_PRECONDITION, "etcdserver: bad leader transferee"),
  CLUSTER_VERSION_NOT_FOUND_DURING_DOWNGRADE(
      StatusCode.FAILED_PRECONDITION, "etcdserver: cluster version not found during downgrade"),
  CLUSTER_HAS_A_DOWNGRADE_JOB_IN_PROGRESS(
      StatusCode.FAILED_PRECONDITION, "etcdserver: cluster has a downgrade job in progress"),
  NO_INFLIGHT_DOWNGRADE_JOB(
      StatusCode.FAILED_PRECONDITION, "etcdserver: no inflight downgrade job"),
  PERMISSION_DENIED(StatusCode.PERMISSION_DENIED, "etcdserver: permission denied"),
  INVALID_AUTH_TOKEN(StatusCode.UNAUTHENTICATED, "etcdserver: invalid auth token"),
  CORRUPT_CLUSTER(StatusCode.DATA_LOSS, "etcdserver: corrupt cluster"),
  NO_LEADER(StatusCode.UNAVAILABLE, "etcdserver: no leader"),
  LEADER_CHANGED(StatusCode.UNAVAILABLE, "etcdserver: leader changed"),
  SERVER_STOPPED(StatusCode.UNAVAILABLE, "etcdserver: server stopped"),
  TIMEOUT(StatusCode.UNAVAILABLE, "etcdserver: request timed out"),
  TIMEOUT_LEADER_FAILURE(
      StatusCode.UNAVAILABLE,
      "etcdserver: request timed out, possibly due to previous leader failure"),
  TIMEOUT_CONNECTION_LOST(
      StatusCode.UNAVAILABLE, "etcdserver: request timed out, possibly due to connection lost"),
  TIMEOUT_APPLIED_INDEX(
      StatusCode.UNAVAILABLE,
      "etcdserver: request timed out, waiting for the applied index took too long"),
  UNHEALTHY_CLUSTER(StatusCode.UNAVAILABLE, "etcdserver: unhealthy cluster"),
  WATCH_CANCELED(StatusCode.CANCELLED, "etcdserver: watch canceled"),
  REQUEST_CANCELED(StatusCode.CANCELLED, "etcdserver: request canceled"),
  CONTEXT_DEADLINE_EXCEEDED(StatusCode.DEADLINE_EXCEEDED, "etcdserver: context deadline exceeded"),
  /** The text of the library that etcd hashes with. */
  PASSWORD_TOO_LONG(StatusCode.UNKNOWN, "bcrypt: password length exceeds 72 bytes"),
  /** Somebody wants to sign in with a member that has no key to sign tokens with. */
  TOKENS_ARE_ONLY_VERIFIED(
      StatusCode.UNKNOWN, "auth: token signing attempted with verify-only key"),
  UNKNOWN_METHOD(StatusCode.UNKNOWN, "etcdserver: unknown method"),
  LOCK_SESSION_EXPIRED(StatusCode.UNKNOWN, "mutex: session is expired"),
  /** Has no counterpart in etcd, which tells such a candidate that it has won. */
  ELECTION_SESSION_EXPIRED(StatusCode.UNKNOWN, "election: session is expired"),
  ELECTION_NOT_LEADER(StatusCode.UNKNOWN, "election: not leader"),
  ELECTION_NO_LEADER(StatusCode.UNKNOWN, "election: no leader"),
  LEADER_KEY_NOT_PROVIDED(StatusCode.UNKNOWN, "\"leader\" field must be provided");

  private final StatusCode code;
  private final String text;

  EtcdError(StatusCode code, String text) {
    this.code = code;
    this.text = text;
  }

  public StatusCode code() {
    return code;
  }

  /** The text that clients compare with, prefix included. */
  public String text() {
    return text;
  }

  /** A throwable form of this error, without a stack trace: domain errors are ordinary answers. */
  public StoreException asException() {
    return new StoreException(this);
  }
}
