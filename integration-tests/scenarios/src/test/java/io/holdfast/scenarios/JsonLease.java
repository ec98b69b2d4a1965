package io.holdfast.scenarios;

import io.holdfast.harness.MemberProcess;
import io.holdfast.history.LeaseRecord;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A lease with a key, granted and renewed by single requests at known times. */
final class JsonLease {
  private static final Pattern ID = Pattern.compile("\"ID\":\\s*\"?(-?\\d+)\"?");
  private static final Pattern TTL = Pattern.compile("\"TTL\":\\s*\"?(\\d+)\"?");

  private final String id;
  private final String key;
  private final long ttlNanos;
  private long renewalCalled;
  private long renewalReturned;

  private JsonLease(String id, String key, long ttlNanos, long called) {
    this.id = id;
    this.key = key;
    this.ttlNanos = ttlNanos;
    this.renewalCalled = called;
    this.renewalReturned = System.nanoTime();
  }

  /** Grants a lease and attaches a key; empty when the member does not answer both. */
  static Optional<JsonLease> grant(MemberProcess member, int ttlSeconds, String key) {
    long called = System.nanoTime();
    Optional<String> granted = member.post("/v3/lease/grant", "{\"TTL\":\"" + ttlSeconds + "\"}");
    if (granted.isEmpty()) {
      return Optional.empty();
    }
    long ttlNanos = Duration.ofSeconds(Long.parseLong(first(TTL, granted.get()))).toNanos();
    JsonLease lease = new JsonLease(first(ID, granted.get()), key, ttlNanos, called);
    String encoded = Base64.getEncoder().encodeToString(key.getBytes(StandardCharsets.UTF_8));
    String put = "{\"key\":\"" + encoded + "\",\"value\":\"\",\"lease\":\"" + lease.id + "\"}";
    return member.post("/v3/kv/put", put).map(done -> lease);
  }

  /** Renews the lease, unless it has ended. */
  void renew(MemberProcess member) {
    long called = System.nanoTime();
    Optional<String> answer = member.post("/v3/lease/keepalive", "{\"ID\":\"" + id + "\"}");
    if (answer.isEmpty()) {
      // It may have counted.
      renewalReturned = System.nanoTime();
      return;
    }
    Matcher ttl = TTL.matcher(answer.get());
    if (ttl.find() && Long.parseLong(ttl.group(1)) > 0) {
      renewalCalled = called;
      renewalReturned = System.nanoTime();
    }
  }

  String key() {
    return key;
  }

  LeaseRecord record() {
    return new LeaseRecord(Long.parseLong(id), ttlNanos, renewalCalled, renewalReturned);
  }

  private static String first(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new AssertionError("no " + pattern + " in " + text);
    }
    return matcher.group(1);
  }
}
