package io.holdfast.server.mvcc;

/** What a range's answer is ordered by. */
public enum SortTarget {
  KEY,
  VERSION,
  CREATE,
  MOD,
  VALUE
}
