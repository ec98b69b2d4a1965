package io.holdfast.compatibility;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What one store has answered so far in one run of a script: turns {@link Symbols} into numbers and
 * numbers of the store's own into symbols, so that two stores' answers can be compared.
 * Thread-safe.
 */
final class Session {
  private static final Set<String> REVISIONS =
      Set.of(
          "revision",
          "start_revision",
          "create_revision",
          "mod_revision",
          "compact_revision",
          "hash_revision");

  /** Identities, positions and sizes: each store has its own. */
  private static final Set<String> OWN =
      Set.of(
          "cluster_id",
          "member_id",
          "raft_term",
          "raftTerm",
          "raftIndex",
          "raftAppliedIndex",
          "dbSize",
          "dbSizeInUse",
          "hash",
          "name",
          "token",
          "authRevision",
          "peerURLs",
          "clientURLs");

  /** Lists that etcd does not put in any order. */
  private static final Set<String> UNORDERED =
      Set.of("LeaseTimeToLiveResponse.keys", "LeaseLeasesResponse.leases");

  /** Seconds of a lease that may pass between the two stores' answers. */
  private static final long TTL_SLACK_SECONDS = 20;

  private final long base;
  private final long ownMember;
  private final List<Long> chosenLeases = new CopyOnWriteArrayList<>();
  private final Map<String, String> tokens = new ConcurrentHashMap<>();
  private volatile boolean authEnabled;
  private volatile long now;
  private volatile long compacted;

  Session(long base, long ownMember) {
    this.base = base;
    this.ownMember = ownMember;
    this.now = base;
    this.compacted = base;
  }

  long base() {
    return base;
  }

  long now() {
    return now;
  }

  long compacted() {
    return compacted;
  }

  void sawRevision(long revision) {
    now = Math.max(now, revision);
  }

  void sawCompaction(long revision) {
    compacted = Math.max(compacted, revision);
  }

  void sawAuth(boolean enabled) {
    authEnabled = enabled;
  }

  /** Whether the script has turned authentication on, and not off again. */
  boolean authEnabled() {
    return authEnabled;
  }

  void sawToken(String user, String token) {
    tokens.put(user, token);
  }

  /** The last token of a user. */
  Optional<String> token(String user) {
    return Optional.ofNullable(tokens.get(user));
  }

  void sawChosenLease(long id) {
    chosenLeases.add(id);
  }

  /** The request with numbers for symbols. */
  Message resolve(Message request) {
    Message.Builder resolved = request.toBuilder();
    for (Map.Entry<FieldDescriptor, Object> entry : request.getAllFields().entrySet()) {
      FieldDescriptor field = entry.getKey();
      if (field.getJavaType() == JavaType.MESSAGE || field.getJavaType() == JavaType.LONG) {
        resolved.setField(field, mapped(entry.getValue(), this::resolved));
      }
    }
    return resolved.build();
  }

  private Object resolved(Object value) {
    return value instanceof Message message ? resolve(message) : resolved((long) value);
  }

  private long resolved(long number) {
    long kind = Symbols.kind(number);
    long offset = Symbols.offset(number);
    if (kind == Symbols.BASE) {
      return Math.max(Symbols.FIRST_REVISION, base + offset);
    } else if (kind == Symbols.NOW) {
      return Math.max(Symbols.FIRST_REVISION, now + offset);
    } else if (kind == Symbols.COMPACTED) {
      return Math.max(Symbols.FIRST_REVISION, compacted + offset);
    } else if (kind == Symbols.CHOSEN_LEASE) {
      return offset >= 0 && offset < chosenLeases.size() ? chosenLeases.get((int) offset) : number;
    } else if (kind == Symbols.OWN_MEMBER) {
      return ownMember;
    }
    return number;
  }

  /** The answer with symbols for this store's own numbers, and without what cannot be compared. */
  Message comparable(Message answer) {
    Message.Builder comparable = answer.toBuilder();
    for (Map.Entry<FieldDescriptor, Object> entry : answer.getAllFields().entrySet()) {
      FieldDescriptor field = entry.getKey();
      if (OWN.contains(field.getName()) || isVersion(field)) {
        comparable.clearField(field);
        continue;
      }
      Object value =
          mapped(
              entry.getValue(),
              one ->
                  one instanceof Message message
                      ? comparable(message)
                      : comparable(field, answer, one));
      comparable.setField(field, UNORDERED.contains(nameOf(field)) ? sorted(value) : value);
    }
    return comparable.build();
  }

  private Object comparable(FieldDescriptor field, Message answer, Object value) {
    if (field.getJavaType() != JavaType.LONG) {
      return value;
    }
    long number = (long) value;
    if (REVISIONS.contains(field.getName())) {
      return number <= 0 ? number : Symbols.BASE + (number - base);
    }
    if (isLease(field)) {
      int chosen = chosenLeases.indexOf(number);
      return chosen < 0 ? number : Symbols.CHOSEN_LEASE + chosen;
    }
    if (nameOf(field).equals("LeaseTimeToLiveResponse.TTL")) {
      return withoutWaiting(number, (long) answer.getField(sibling(field, "grantedTTL")));
    }
    return number == ownMember ? Symbols.OWN_MEMBER : number;
  }

  private static long withoutWaiting(long remaining, long granted) {
    boolean hardlyUsed = remaining <= granted && remaining > granted - TTL_SLACK_SECONDS;
    return hardlyUsed && remaining >= 0 ? granted : remaining;
  }

  private static FieldDescriptor sibling(FieldDescriptor field, String name) {
    return field.getContainingType().findFieldByName(name);
  }

  static boolean isLease(FieldDescriptor field) {
    return field.getName().equals("lease")
        || field.getName().equals("ID") && field.getContainingType().getName().startsWith("Lease");
  }

  private static boolean isVersion(FieldDescriptor field) {
    return nameOf(field).equals("StatusResponse.version")
        || nameOf(field).equals("StatusResponse.storageVersion");
  }

  private static String nameOf(FieldDescriptor field) {
    return field.getContainingType().getName() + "." + field.getName();
  }

  private static Object sorted(Object values) {
    List<Object> sorted = new ArrayList<>((List<?>) values);
    sorted.sort(Comparator.comparing(Session::shownForOrder));
    return sorted;
  }

  private static String shownForOrder(Object value) {
    return value instanceof ByteString bytes ? TextFormat.escapeBytes(bytes) : value.toString();
  }

  private static Object mapped(Object value, java.util.function.UnaryOperator<Object> change) {
    if (value instanceof List<?> list) {
      List<Object> changed = new ArrayList<>(list.size());
      for (Object one : list) {
        changed.add(change.apply(one));
      }
      return changed;
    }
    return change.apply(value);
  }
}
