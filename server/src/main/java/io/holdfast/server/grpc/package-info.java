/**
 * etcd's gRPC services over the use cases of {@code service}: messages are read into domain
 * records, answers are written back, errors become status codes. Nothing is decided here.
 */
package io.holdfast.server.grpc;
