package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.auth.Caller;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.service.Response;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The downgrade of a cluster by one minor version, with etcd's rules.
 *
 * <p>Nothing of Holdfast's own is taken back by it: its files are of one format. What changes is
 * the etcd version that the members report for cluster and storage, so that tools which drive
 * etcd's downgrade find what they wait for. The target is part of the replicated state; the job
 * stands until it is cancelled.
 */
final class Downgrades {
  private static final Pattern VERSION =
      Pattern.compile(
          "(0|[1-9]\\d{0,8})\\.(0|[1-9]\\d{0,8})(\\.(0|[1-9]\\d*)([-+][0-9A-Za-z.+-]+)?)?");

  /** A version as far as clusters have one. */
  record ClusterVersion(int major, int minor) {
    static Optional<ClusterVersion> parse(String text) {
      Matcher parts = VERSION.matcher(text);
      return parts.matches()
          ? Optional.of(
              new ClusterVersion(
                  Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2))))
          : Optional.empty();
    }

    /** The only version a cluster of this one can be downgraded to. */
    ClusterVersion before() {
      return new ClusterVersion(major, minor - 1);
    }

    boolean isBefore(ClusterVersion other) {
      return major < other.major || major == other.major && minor < other.minor;
    }

    @Override
    public String toString() {
      return major + "." + minor;
    }
  }

  private final MemberContext member;
  private final CommandPath commands;
  private final ReadPath reads;
  private final ClusterVersion own;

  Downgrades(MemberContext member, CommandPath commands, ReadPath reads) {
    this.member = member;
    this.commands = commands;
    this.reads = reads;
    this.own = ClusterVersion.parse(member.config().reportedVersion()).orElseThrow();
  }

  /** The version that the cluster has now: the target of a downgrade while one is under way. */
  ClusterVersion clusterVersion() {
    return target().filter(target -> target.isBefore(own)).orElse(own);
  }

  private Optional<ClusterVersion> target() {
    return member.applier().members().downgradeTarget().flatMap(ClusterVersion::parse);
  }

  CompletionStage<Response<String>> validate(String targetVersion) {
    return checked(
        targetVersion,
        target ->
            CompletableFuture.completedFuture(new Response<>(member.header(), own.toString())));
  }

  CompletionStage<Response<String>> enable(String targetVersion) {
    return checked(
        targetVersion,
        target ->
            commands.execute(
                Caller.CLUSTER,
                new Command.SetDowngrade(Optional.of(target + ".0")),
                done -> own.toString()));
  }

  CompletionStage<Response<String>> cancel() {
    return commands.execute(
        Caller.CLUSTER,
        new Command.SetDowngrade(Optional.empty()),
        done -> clusterVersion().toString());
  }

  /** Goes on once this member knows of every downgrade that was begun or ended before. */
  private CompletionStage<Response<String>> checked(
      String targetVersion, Function<ClusterVersion, CompletionStage<Response<String>>> next) {
    Optional<ClusterVersion> target = ClusterVersion.parse(targetVersion);
    if (target.isEmpty()) {
      return refused(EtcdError.WRONG_DOWNGRADE_TARGET_VERSION_FORMAT);
    }
    if (member.applier().members().membership().isEmpty()) {
      return refused(EtcdError.CLUSTER_VERSION_NOT_FOUND_DURING_DOWNGRADE);
    }
    return reads
        .read(true, false, store -> refusal(target.get()))
        .thenCompose(
            refusal -> refusal.isPresent() ? refused(refusal.get()) : next.apply(target.get()));
  }

  private Optional<EtcdError> refusal(ClusterVersion target) {
    if (!target.equals(own.before())) {
      return Optional.of(EtcdError.INVALID_DOWNGRADE_TARGET_VERSION);
    }
    return target().map(underWay -> EtcdError.CLUSTER_HAS_A_DOWNGRADE_JOB_IN_PROGRESS);
  }

  private static CompletionStage<Response<String>> refused(EtcdError error) {
    return CompletableFuture.failedStage(error.asException());
  }
}
