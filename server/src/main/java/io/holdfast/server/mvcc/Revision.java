package io.holdfast.server.mvcc;

/**
 * A point in the store's history: {@code main} counts the mutating transactions, {@code sub} the
 * operations inside one, from 0. Clients see only the main part.
 */
public record Revision(long main, int sub) implements Comparable<Revision> {
  @Override
  public int compareTo(Revision other) {
    int byMain = Long.compare(main, other.main);
    return byMain != 0 ? byMain : Integer.compare(sub, other.sub);
  }

  @Override
  public String toString() {
    return main + "." + sub;
  }
}
