package io.holdfast.server.service.member;

import io.holdfast.server.apply.Command;
import io.holdfast.server.service.ClusterMember;
import io.holdfast.server.service.ClusterService;
import io.holdfast.server.service.Response;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** The membership: configured, and what the members have published about themselves. */
final class ClusterUseCases implements ClusterService {
  private final MemberContext member;
  private final ReadPath reads;

  ClusterUseCases(MemberContext member, ReadPath reads) {
    this.member = member;
    this.reads = reads;
  }

  @Override
  public CompletionStage<Response<List<ClusterMember>>> memberList(boolean linearizable) {
    return reads.read(linearizable, false, store -> new Response<>(member.header(0), members()));
  }

  private List<ClusterMember> members() {
    Map<Long, Command.MemberAttributes> published = member.applier().members().members();
    return member.identity().peerUrlsById().entrySet().stream()
        .map(entry -> describe(entry.getKey(), entry.getValue(), published.get(entry.getKey())))
        .toList();
  }

  private static ClusterMember describe(
      long id, List<String> peerUrls, Command.MemberAttributes published) {
    return published == null
        ? new ClusterMember(id, "", peerUrls, List.of(), false)
        : new ClusterMember(id, published.name(), peerUrls, published.clientUrls(), false);
  }
}
