package io.holdfast.server.grpc;

import io.grpc.InternalMetadata;
import io.grpc.InternalMetadata.TrustedAsciiMarshaller;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.holdfast.server.error.EtcdError;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Refuses callers whose metadata entry {@code client-api-version} is not UTF-8, as etcd does. What
 * the version says makes no difference otherwise.
 */
final class ApiVersionGate implements ServerInterceptor {
  /** The bytes as they came: the usual marshaller would replace what is not ASCII. */
  private static final Metadata.Key<byte[]> CLIENT_API_VERSION =
      InternalMetadata.keyOf(
          "client-api-version",
          new TrustedAsciiMarshaller<byte[]>() {
            @Override
            public byte[] toAsciiString(byte[] value) {
              return value;
            }

            @Override
            public byte[] parseAsciiString(byte[] serialized) {
              return serialized;
            }
          });

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    byte[] version = headers.get(CLIENT_API_VERSION);
    if (version == null || isUtf8(version)) {
      return next.startCall(call, headers);
    }
    call.close(Failures.status(EtcdError.INVALID_CLIENT_API_VERSION), new Metadata());
    return new ServerCall.Listener<>() {};
  }

  private static boolean isUtf8(byte[] bytes) {
    for (byte next : bytes) {
      if (next < 0) {
        return isDecodable(bytes);
      }
    }
    return true;
  }

  private static boolean isDecodable(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException malformed) {
      return false;
    }
  }
}
