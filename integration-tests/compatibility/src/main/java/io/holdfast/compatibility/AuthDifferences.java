package io.holdfast.compatibility;

import io.holdfast.api.etcdserverpb.AuthRoleGetRequest;
import io.holdfast.api.etcdserverpb.RequestOp;
import io.holdfast.api.etcdserverpb.TxnRequest;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;

/** The differences about users and permissions that are right. */
final class AuthDifferences {
  private static final String OK = "OK";
  private static final String NOBODY = "INVALID_ARGUMENT: etcdserver: user name is empty";
  private static final String INVALID_TOKEN = "UNAUTHENTICATED: etcdserver: invalid auth token";
  private static final String WRONG_PASSWORD =
      "INVALID_ARGUMENT: etcdserver: authentication failed, invalid user ID or password";
  private static final String DENIED = "PERMISSION_DENIED: etcdserver: permission denied";
  private static final String OLD_REVISION =
      "INVALID_ARGUMENT: etcdserver: revision of auth store is old";
  private static final String INVALID_CHANGE =
      "INVALID_ARGUMENT: etcdserver: invalid auth management";

  /** Nobody has shown who they are. */
  private static final Set<String> UNKNOWN_CALLER = Set.of(NOBODY, INVALID_TOKEN);

  /** Somebody may not do what was asked, whoever it is. */
  private static final Set<String> REFUSALS = Set.of(NOBODY, INVALID_TOKEN, DENIED, OLD_REVISION);

  private static final Set<Call> OF_KEYS =
      Set.of(
          Call.RANGE,
          Call.PUT,
          Call.DELETE_RANGE,
          Call.TXN,
          Call.COMPACT,
          Call.LEASE_GRANT,
          Call.LEASE_REVOKE);

  static final List<Rule> RULES =
      List.of(
          Rule.since(
                  "3.6",
                  "permissions for no key are refused",
                  "an empty key or range would be granted and never allow anything.",
                  Set.of(Call.ROLE_GRANT_PERMISSION),
                  (asked, found) -> found.holdfast().equals(INVALID_CHANGE))
              .partingWays(),
          Rule.since(
                  "3.6",
                  "tokens are not looked at while authentication is off",
                  "older etcds refuse who still shows one.",
                  EnumSet.allOf(Call.class),
                  (asked, found) ->
                      found.etcd().equals(INVALID_TOKEN)
                          && !asked.authEnabled()
                          && !UNKNOWN_CALLER.contains(found.holdfast()))
              .partingWays(),
          Rule.since(
              "3.5",
              "the role root may do everything from its beginning",
              "older etcds show what it was granted besides, which does not matter.",
              Set.of(Call.ROLE_GET),
              (asked, found) ->
                  asked.request(AuthRoleGetRequest.class).getRole().equals("root")
                      && found.path().startsWith("perm")),
          Rule.onPurpose(
              "users without a password fail to sign in like all others",
              "etcd says of them that they have none, which is nobody else's business.",
              Set.of(Call.AUTHENTICATE),
              (asked, found) ->
                  found.etcd().endsWith("password was given for no password user")
                      && found.holdfast().equals(WRONG_PASSWORD)),
          Rule.since(
                  "3.7",
                  "compactions need root",
                  "etcds before the patches of 2026 let everybody compact.",
                  Set.of(Call.COMPACT),
                  refused(REFUSALS))
              .partingWays(),
          Rule.since(
                  "3.7",
                  "what nested transactions touch is asked for too",
                  "etcds before the patches of 2026 look at the operations at the top only.",
                  Set.of(Call.TXN),
                  (asked, found) ->
                      found.path().equals(FieldDifference.STATUS)
                          && found.etcd().equals(OK)
                          && REFUSALS.contains(found.holdfast())
                          && KnownDifferences.operations(asked.request(TxnRequest.class))
                              .anyMatch(RequestOp::hasRequestTxn))
              .partingWays(),
          Rule.since(
                  "3.7",
                  "leases are for who has signed in",
                  "etcds before the patches of 2026 grant and revoke them for everybody.",
                  Set.of(Call.LEASE_GRANT, Call.LEASE_REVOKE),
                  refused(UNKNOWN_CALLER))
              .partingWays(),
          Rule.onPurpose(
              "what somebody may do is asked before a request's size",
              "etcd looks at the size first; both refuse.",
              OF_KEYS,
              (asked, found) ->
                  found.etcd().equals("INVALID_ARGUMENT: etcdserver: request is too large")
                      && found.holdfast().equals(DENIED)),
          Rule.onPurpose(
              "who calls is asked first",
              "etcd looks for faults of the request before; both refuse.",
              OF_KEYS,
              (asked, found) ->
                  found.path().equals(FieldDifference.STATUS)
                      && UNKNOWN_CALLER.contains(found.holdfast())
                      && !found.etcd().equals(OK)),
          Rule.onPurpose(
                  "a transaction that touches no key is nobody's either",
                  "etcd asks who calls only where there is a key to ask it for.",
                  Set.of(Call.TXN),
                  (asked, found) ->
                      UNKNOWN_CALLER.contains(found.holdfast())
                          && touchesNoKey(asked.request(TxnRequest.class)))
              .partingWays());

  private AuthDifferences() {}

  private static BiPredicate<Comparison, FieldDifference> refused(Set<String> statuses) {
    return (asked, found) -> statuses.contains(found.holdfast());
  }

  private static boolean touchesNoKey(TxnRequest txn) {
    return KnownDifferences.transactions(txn).allMatch(one -> one.getCompareCount() == 0)
        && KnownDifferences.operations(txn).allMatch(RequestOp::hasRequestTxn);
  }
}
