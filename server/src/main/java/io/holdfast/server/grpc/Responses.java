package io.holdfast.server.grpc;

import io.holdfast.api.etcdserverpb.DeleteRangeResponse;
import io.holdfast.api.etcdserverpb.LeaseTimeToLiveResponse;
import io.holdfast.api.etcdserverpb.Member;
import io.holdfast.api.etcdserverpb.PutResponse;
import io.holdfast.api.etcdserverpb.RangeResponse;
import io.holdfast.api.etcdserverpb.ResponseHeader;
import io.holdfast.api.etcdserverpb.ResponseOp;
import io.holdfast.api.etcdserverpb.TxnResponse;
import io.holdfast.api.mvccpb.Event;
import io.holdfast.server.apply.CommandResult;
import io.holdfast.server.mvcc.EventType;
import io.holdfast.server.mvcc.KeyValue;
import io.holdfast.server.mvcc.RangeResult;
import io.holdfast.server.service.ClusterMember;
import io.holdfast.server.service.LeaseTimeToLive;

/** Writes the records of the domain as etcd's response messages. Byte arrays are shared. */
final class Responses {
  private Responses() {}

  static ResponseHeader header(io.holdfast.server.service.ResponseHeader header) {
    return ResponseHeader.newBuilder()
        .setClusterId(header.clusterId())
        .setMemberId(header.memberId())
        .setRevision(header.revision())
        .setRaftTerm(header.raftTerm())
        .build();
  }

  /** Inside a transaction an answer's header tells the revision and nothing else. */
  private static ResponseHeader inner(long revision) {
    return ResponseHeader.newBuilder().setRevision(revision).build();
  }

  static io.holdfast.api.mvccpb.KeyValue keyValue(KeyValue pair) {
    return io.holdfast.api.mvccpb.KeyValue.newBuilder()
        .setKey(Bytes.wrap(pair.key()))
        .setCreateRevision(pair.createRevision())
        .setModRevision(pair.modRevision())
        .setVersion(pair.version())
        .setValue(Bytes.wrap(pair.value()))
        .setLease(pair.leaseId())
        .build();
  }

  static Event event(io.holdfast.server.mvcc.Event event, boolean withPrevious) {
    Event.Builder builder =
        Event.newBuilder()
            .setType(event.type() == EventType.PUT ? Event.EventType.PUT : Event.EventType.DELETE)
            .setKv(keyValue(event.keyValue()));
    if (withPrevious) {
      event.previous().ifPresent(previous -> builder.setPrevKv(keyValue(previous)));
    }
    return builder.build();
  }

  static RangeResponse range(ResponseHeader header, RangeResult result) {
    RangeResponse.Builder builder =
        RangeResponse.newBuilder()
            .setHeader(header)
            .setMore(result.more())
            .setCount(result.count());
    for (KeyValue pair : result.keyValues()) {
      builder.addKvs(keyValue(pair));
    }
    return builder.build();
  }

  static PutResponse put(ResponseHeader header, CommandResult.Put put) {
    PutResponse.Builder builder = PutResponse.newBuilder().setHeader(header);
    put.previous().ifPresent(previous -> builder.setPrevKv(keyValue(previous)));
    return builder.build();
  }

  static DeleteRangeResponse deleteRange(ResponseHeader header, CommandResult.DeleteRange delete) {
    DeleteRangeResponse.Builder builder =
        DeleteRangeResponse.newBuilder().setHeader(header).setDeleted(delete.deleted());
    for (KeyValue pair : delete.previous()) {
      builder.addPrevKvs(keyValue(pair));
    }
    return builder.build();
  }

  static TxnResponse txn(ResponseHeader header, CommandResult.Txn txn) {
    TxnResponse.Builder builder =
        TxnResponse.newBuilder().setHeader(header).setSucceeded(txn.succeeded());
    for (CommandResult.OperationResult result : txn.results()) {
      builder.addResponses(operation(result));
    }
    return builder.build();
  }

  private static ResponseOp operation(CommandResult.OperationResult result) {
    ResponseOp.Builder builder = ResponseOp.newBuilder();
    if (result instanceof CommandResult.Range range) {
      builder.setResponseRange(range(inner(range.revision()), range.result()));
    } else if (result instanceof CommandResult.Put put) {
      builder.setResponsePut(put(inner(put.revision()), put));
    } else if (result instanceof CommandResult.DeleteRange delete) {
      builder.setResponseDeleteRange(deleteRange(inner(delete.revision()), delete));
    } else if (result instanceof CommandResult.Txn txn) {
      builder.setResponseTxn(txn(inner(txn.revision()), txn));
    }
    return builder.build();
  }

  static LeaseTimeToLiveResponse timeToLive(ResponseHeader header, LeaseTimeToLive lease) {
    LeaseTimeToLiveResponse.Builder builder =
        LeaseTimeToLiveResponse.newBuilder()
            .setHeader(header)
            .setID(lease.leaseId())
            .setTTL(lease.remainingSeconds())
            .setGrantedTTL(lease.grantedSeconds());
    for (byte[] key : lease.keys()) {
      builder.addKeys(Bytes.wrap(key));
    }
    return builder.build();
  }

  static Member member(ClusterMember member) {
    return Member.newBuilder()
        .setID(member.memberId())
        .setName(member.name())
        .addAllPeerURLs(member.peerUrls())
        .addAllClientURLs(member.clientUrls())
        .setIsLearner(member.learner())
        .build();
  }
}
