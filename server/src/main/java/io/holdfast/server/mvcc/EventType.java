package io.holdfast.server.mvcc;

/** What happened to a key. */
public enum EventType {
  PUT,
  DELETE
}
