/**
 * The client port: one listener that serves gRPC itself and hands HTTP/1.1 to the process's HTTP
 * server, told apart by a connection's first bytes.
 */
package io.holdfast.server.grpc.listener;
