package io.holdfast.server.grpc;

import io.grpc.InternalStatus;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.holdfast.server.error.EtcdError;
import io.holdfast.server.error.IndeterminateException;
import io.holdfast.server.error.StoreException;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Says on the wire what went wrong: etcd's code and text for what the protocol knows. */
final class Failures {
  private static final System.Logger LOG = System.getLogger(Failures.class.getName());
  private static final Map<EtcdError, StatusRuntimeException> KNOWN =
      new EnumMap<>(EtcdError.class);

  static {
    for (EtcdError error : EtcdError.values()) {
      KNOWN.put(error, withoutTrace(status(error)));
    }
  }

  private Failures() {}

  static Status status(EtcdError error) {
    return Status.fromCodeValue(error.code().number()).withDescription(error.text());
  }

  /** Code and text as one, the way gRPC's client in Go shows them: for cancelled watches. */
  static String statusText(EtcdError error) {
    String code = CallMetrics.nameOf(status(error).getCode());
    return "rpc error: code = " + code + " desc = " + error.text();
  }

  static StatusRuntimeException of(EtcdError error) {
    return KNOWN.get(error);
  }

  /** What to close the call with; never null, made without a stack trace for known errors. */
  static StatusRuntimeException of(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof StoreException refusal) {
      return KNOWN.get(refusal.error());
    }
    if (cause instanceof IndeterminateException unknown) {
      return KNOWN.get(unknown.error());
    }
    if (cause instanceof StatusRuntimeException status) {
      return status;
    }
    if (cause instanceof StatusException status) {
      return withoutTrace(status.getStatus());
    }
    LOG.log(System.Logger.Level.ERROR, "a request failed for an unforeseen reason", cause);
    return withoutTrace(
        Status.INTERNAL.withDescription("the request failed inside the server; see its log"));
  }

  /**
   * The same as etcd's recipe services say it: these are clients of their own server, and pass the
   * text of what they were refused on, but not the code.
   */
  static StatusRuntimeException ofRecipe(Throwable failure) {
    Status status = of(failure).getStatus();
    return withoutTrace(Status.UNKNOWN.withDescription(status.getDescription()));
  }

  static StatusRuntimeException withoutTrace(Status status) {
    return InternalStatus.asRuntimeExceptionWithoutStacktrace(status, new Metadata());
  }
}
