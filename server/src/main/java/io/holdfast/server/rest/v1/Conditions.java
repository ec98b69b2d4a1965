package io.holdfast.server.rest.v1;

import com.google.protobuf.ByteString;
import io.holdfast.api.etcdserverpb.Compare;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code If-Match} and {@code If-None-Match}: for reads checked against what was read, for writes
 * part of the transaction. An entity tag is the mod revision in quotes, so the tag of every change
 * is unique in the whole store.
 *
 * @param match null when the header is absent
 * @param noneMatch null when the header is absent
 */
record Conditions(Tags match, Tags noneMatch) {
  /** Matches {@code "7"} and the weak form {@code W/"7"}. */
  private static final Pattern TAG = Pattern.compile("\\s*(W/)?\"([\\x21\\x23-\\x7e]*)\"\\s*");

  private static final int TAGS_MAX = 32;
  private static final Pattern REVISION = Pattern.compile("[1-9]\\d{0,17}");

  /** One entity tag; revision 0 stands for a tag that was never given out. */
  record Tag(long revision, boolean weak) {}

  /** A header's list; {@code any} for the asterisk. */
  record Tags(boolean any, List<Tag> tags) {}

  static Conditions of(String ifMatch, String ifNoneMatch) {
    return new Conditions(
        ifMatch == null ? null : parse("If-Match", ifMatch),
        ifNoneMatch == null ? null : parse("If-None-Match", ifNoneMatch));
  }

  private static Tags parse(String header, String text) {
    if (text.strip().equals("*")) {
      return new Tags(true, List.of());
    }
    List<Tag> tags = new ArrayList<>();
    for (String part : text.split(",", TAGS_MAX + 1)) {
      Matcher matcher = TAG.matcher(part);
      if (!matcher.matches()) {
        throw Problem.badRequest(
            "invalid-condition",
            header + " takes * or entity tags in quotes, as ETag showed them: \"42\".");
      }
      String opaque = matcher.group(2);
      long revision = REVISION.matcher(opaque).matches() ? Long.parseLong(opaque) : 0;
      tags.add(new Tag(revision, matcher.group(1) != null));
    }
    return new Tags(false, tags);
  }

  static String tag(long modRevision) {
    return "\"" + modRevision + "\"";
  }

  /**
   * Whether a key at this mod revision is what the client insists on; tags are compared strongly.
   */
  boolean meetsMatch(long modRevision) {
    return match == null
        || match.any
        || match.tags.stream().anyMatch(tag -> !tag.weak && tag.revision == modRevision);
  }

  /** Whether the client has exactly this already; tags are compared weakly. */
  boolean isKnown(long modRevision) {
    return noneMatch != null
        && (noneMatch.any || noneMatch.tags.stream().anyMatch(tag -> tag.revision == modRevision));
  }

  /**
   * The same as comparisons of a transaction.
   *
   * @throws Problem 400 for If-Match with several tags, of which a transaction cannot say "one of"
   */
  List<Compare> compares(ByteString key) {
    List<Compare> compares = new ArrayList<>();
    if (match != null && match.any) {
      compares.add(version(key, Compare.CompareResult.GREATER));
    } else if (match != null) {
      if (match.tags.size() > 1) {
        throw Problem.badRequest("invalid-condition", "Writes take one entity tag in If-Match.");
      }
      Tag tag = match.tags.get(0);
      // Revision 1 is the empty store's: no key has it, so nothing matches.
      long revision = tag.weak || tag.revision == 0 ? 1 : tag.revision;
      compares.add(mod(key, Compare.CompareResult.EQUAL, revision));
    }
    if (noneMatch != null && noneMatch.any) {
      compares.add(version(key, Compare.CompareResult.EQUAL));
    } else if (noneMatch != null) {
      for (Tag tag : noneMatch.tags) {
        if (tag.revision != 0) {
          compares.add(mod(key, Compare.CompareResult.NOT_EQUAL, tag.revision));
        }
      }
    }
    return compares;
  }

  private static Compare version(ByteString key, Compare.CompareResult relation) {
    return Compare.newBuilder()
        .setKey(key)
        .setTarget(Compare.CompareTarget.VERSION)
        .setResult(relation)
        .setVersion(0)
        .build();
  }

  private static Compare mod(ByteString key, Compare.CompareResult relation, long revision) {
    return Compare.newBuilder()
        .setKey(key)
        .setTarget(Compare.CompareTarget.MOD)
        .setResult(relation)
        .setModRevision(revision)
        .build();
  }
}
