package io.holdfast.server.wal;

/**
 * Whose log this is; written into every segment, never changed.
 *
 * @param memberId not 0
 * @param clusterId the cluster the member belongs to
 */
public record WalIdentity(long memberId, long clusterId) {
  public WalIdentity {
    if (memberId == 0) {
      throw new IllegalArgumentException("0 is no member id");
    }
  }

  /** As etcd prints ids: hexadecimal without leading zeros. */
  @Override
  public String toString() {
    return "member " + Long.toHexString(memberId) + " of cluster " + Long.toHexString(clusterId);
  }
}
