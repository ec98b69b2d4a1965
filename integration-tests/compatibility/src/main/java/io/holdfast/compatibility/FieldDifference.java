package io.holdfast.compatibility;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import java.util.ArrayList;
import java.util.List;

/**
 * One place where two answers differ.
 *
 * @param path {@code responses[0].response_put.prev_kv.lease}, or {@code status} for code and text
 * @param etcd what etcd said there; {@code (absent)} for nothing
 * @param holdfast what Holdfast said there
 */
public record FieldDifference(String path, String etcd, String holdfast) {
  static final String STATUS = "status";
  static final String ABSENT = "(absent)";
  private static final int SHOWN_CHARACTERS_MAX = 300;

  /** The path without positions in lists: {@code responses.response_put.prev_kv.lease}. */
  String field() {
    return path.replaceAll("\\[\\d+]", "");
  }

  @Override
  public String toString() {
    return path + ": etcd " + shortened(etcd) + " | Holdfast " + shortened(holdfast);
  }

  private static String shortened(String text) {
    return text.length() <= SHOWN_CHARACTERS_MAX
        ? text
        : text.substring(0, SHOWN_CHARACTERS_MAX) + "... (" + text.length() + " characters)";
  }

  /** All places where the answers differ; their stores' own numbers must be comparable. */
  static List<FieldDifference> between(Answer etcd, Answer holdfast) {
    List<FieldDifference> differences = new ArrayList<>();
    if (!etcd.status().equals(holdfast.status())) {
      differences.add(new FieldDifference(STATUS, etcd.status(), holdfast.status()));
      return differences;
    }
    compareLists("", etcd.messages(), holdfast.messages(), differences);
    return differences;
  }

  static List<FieldDifference> between(String path, Message etcd, Message holdfast) {
    List<FieldDifference> differences = new ArrayList<>();
    compare(path, etcd, holdfast, differences);
    return differences;
  }

  private static void compare(
      String path, Message etcd, Message holdfast, List<FieldDifference> differences) {
    if (etcd.equals(holdfast)) {
      return;
    }
    for (FieldDescriptor field : etcd.getDescriptorForType().getFields()) {
      String inner = path.isEmpty() ? field.getName() : path + "." + field.getName();
      Object ours = holdfast.getField(field);
      Object theirs = etcd.getField(field);
      if (field.isRepeated()) {
        compareLists(inner, (List<?>) theirs, (List<?>) ours, differences);
      } else if (field.hasPresence() && etcd.hasField(field) != holdfast.hasField(field)) {
        differences.add(
            new FieldDifference(
                inner,
                etcd.hasField(field) ? shown(theirs) : ABSENT,
                holdfast.hasField(field) ? shown(ours) : ABSENT));
      } else if (theirs instanceof Message message) {
        compare(inner, message, (Message) ours, differences);
      } else if (!theirs.equals(ours)) {
        differences.add(new FieldDifference(inner, shown(theirs), shown(ours)));
      }
    }
    if (!etcd.getUnknownFields().equals(holdfast.getUnknownFields())) {
      String inner = path.isEmpty() ? "unknown" : path + ".unknown";
      differences.add(
          new FieldDifference(
              inner, etcd.getUnknownFields().toString(), holdfast.getUnknownFields().toString()));
    }
  }

  private static void compareLists(
      String path, List<?> etcd, List<?> holdfast, List<FieldDifference> differences) {
    for (int i = 0; i < Math.max(etcd.size(), holdfast.size()); i++) {
      String inner = path.isEmpty() && i == 0 ? "" : path + "[" + i + "]";
      Object theirs = i < etcd.size() ? etcd.get(i) : null;
      Object ours = i < holdfast.size() ? holdfast.get(i) : null;
      if (theirs instanceof Message message && ours != null) {
        compare(inner, message, (Message) ours, differences);
      } else if (theirs == null || !theirs.equals(ours)) {
        differences.add(new FieldDifference(inner, shown(theirs), shown(ours)));
      }
    }
  }

  static String shown(Object value) {
    if (value == null) {
      return ABSENT;
    }
    if (value instanceof Message message) {
      return "{" + TextFormat.printer().emittingSingleLine(true).printToString(message) + "}";
    }
    if (value instanceof com.google.protobuf.ByteString bytes) {
      return '"' + TextFormat.escapeBytes(bytes) + '"';
    }
    return value.toString();
  }
}
