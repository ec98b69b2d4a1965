package io.holdfast.server.mvcc;

/** Order of a range's answer. {@code NONE} with a target other than the key sorts ascending. */
public enum SortOrder {
  NONE,
  ASCEND,
  DESCEND
}
