package io.holdfast.compatibility;

/** A version of etcd as far as behaviour goes: major and minor. */
record ApiLevel(int major, int minor) implements Comparable<ApiLevel> {
  /** Reads {@code 3.4.23}. */
  static ApiLevel parse(String version) {
    String[] parts = version.split("\\.");
    return new ApiLevel(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
  }

  @Override
  public int compareTo(ApiLevel other) {
    return major != other.major
        ? Integer.compare(major, other.major)
        : Integer.compare(minor, other.minor);
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
