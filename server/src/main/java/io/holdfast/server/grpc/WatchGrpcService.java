package io.holdfast.server.grpc;

import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.holdfast.api.etcdserverpb.ResponseHeader;
import io.holdfast.api.etcdserverpb.WatchGrpc;
import io.holdfast.api.etcdserverpb.WatchRequest;
import io.holdfast.server.service.WatchService;

/**
 * {@code etcdserverpb.Watch}. Bound by hand because its responses are not messages but {@link
 * WatchFrame}s.
 */
final class WatchGrpcService implements BindableService {
  private static final MethodDescriptor<WatchRequest, WatchFrame> WATCH =
      WatchGrpc.getWatchMethod().toBuilder(
              ProtoUtils.marshaller(WatchRequest.getDefaultInstance()),
              new WatchFrame.FrameMarshaller())
          .build();

  private final WatchService watches;
  private final int responseBytesMax;
  private final WatchMemory memory = WatchMemory.ofProcess();
  private volatile Header lastHeader = new Header(-1, ResponseHeader.getDefaultInstance());

  WatchGrpcService(WatchService watches, int responseBytesMax) {
    this.watches = watches;
    this.responseBytesMax = responseBytesMax;
  }

  @Override
  public ServerServiceDefinition bindService() {
    ServiceDescriptor descriptor =
        ServiceDescriptor.newBuilder(WatchGrpc.SERVICE_NAME)
            .setSchemaDescriptor(WatchGrpc.getServiceDescriptor().getSchemaDescriptor())
            .addMethod(WATCH)
            .build();
    return ServerServiceDefinition.builder(descriptor)
        .addMethod(WATCH, ServerCalls.asyncBidiStreamingCall(this::watch))
        .build();
  }

  private StreamObserver<WatchRequest> watch(StreamObserver<WatchFrame> observer) {
    return new WatchCall(this, (ServerCallStreamObserver<WatchFrame>) observer);
  }

  WatchService watches() {
    return watches;
  }

  WatchMemory memory() {
    return memory;
  }

  int responseBytesMax() {
    return responseBytesMax;
  }

  /** The header for a revision; the last one is kept, since all watchers of a batch need it. */
  ResponseHeader header(long revision) {
    Header last = lastHeader;
    if (last.revision != revision || revision == 0) {
      last = new Header(revision, Responses.header(watches.header(revision)));
      lastHeader = last;
    }
    return last.message;
  }

  private record Header(long revision, ResponseHeader message) {}
}
