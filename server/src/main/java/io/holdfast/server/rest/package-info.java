/**
 * The client API over HTTP/1.1: the JSON gateway, which transcodes to the gRPC services inside the
 * process, and the health and version endpoints, as etcd's clients and probes know them.
 */
package io.holdfast.server.rest;
