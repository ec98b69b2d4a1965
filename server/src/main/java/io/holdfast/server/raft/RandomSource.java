package io.holdfast.server.raft;

/** Randomness given from outside, so that a run can be repeated from its seed. */
@FunctionalInterface
public interface RandomSource {
  /**
   * @param boundExclusive above zero
   * @return a number from 0 to {@code boundExclusive - 1}, each as likely
   */
  int nextInt(int boundExclusive);
}
