package io.holdfast.compatibility;

import java.util.List;

/**
 * What the two stores do not agree on, and nobody has explained.
 *
 * @param position the step, from 0, whose answers differ, or before which reports differ
 * @param where the call, or the watcher, in words
 */
record Difference(int position, String where, List<FieldDifference> fields) {
  /** Equal for differences that probably have one cause. */
  String signature() {
    StringBuilder signature = new StringBuilder(where.replaceAll("\\d+", "n"));
    for (FieldDifference field : fields) {
      signature.append('|').append(field.field());
      if (field.path().equals(FieldDifference.STATUS)) {
        signature.append(field.etcd()).append('/').append(field.holdfast());
      }
    }
    return signature.toString();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("step " + position + ", " + where + ":");
    fields.forEach(field -> text.append("\n    ").append(field));
    return text.toString();
  }
}
