package io.holdfast.server.alarm;

/** What can be wrong with a member. The codes are etcd's, and those of the log and the store. */
public enum AlarmType {
  /** It has run out of space: the cluster takes no more puts and no more leases. */
  NO_SPACE(1, "NOSPACE"),
  /** Its data is not what the cluster agreed on: it serves no keys, see {@link AlarmBook}. */
  CORRUPT(2, "CORRUPT");

  private final int code;
  private final String wireName;

  AlarmType(int code, String wireName) {
    this.code = code;
    this.wireName = wireName;
  }

  public int code() {
    return code;
  }

  /** The name as etcd spells it, in answers and probes. */
  public String wireName() {
    return wireName;
  }

  /**
   * @throws IllegalArgumentException when no type has this code
   */
  public static AlarmType ofCode(int code) {
    for (AlarmType type : values()) {
      if (type.code == code) {
        return type;
      }
    }
    throw new IllegalArgumentException("no alarm has the code " + code);
  }
}
