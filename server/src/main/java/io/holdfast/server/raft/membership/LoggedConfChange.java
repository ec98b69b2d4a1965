package io.holdfast.server.raft.membership;

import io.holdfast.server.raft.membership.ConfChange.Kind;
import io.holdfast.server.raft.membership.ConfChange.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What an entry of type CONFIG_CHANGE holds: the change, and the whole membership it leads to. The
 * membership in force is that of the last such entry in a log, whatever the log's earlier part; so
 * a member that joins with an empty log needs to know nothing beforehand.
 *
 * <p>Encoding, big endian: version (1 byte, now 1); flags (1 byte, bit 0: leaves a joint membership
 * by itself); voters, outgoing voters, learners, next learners, each as a count (2 bytes) and that
 * many ids (8 bytes); steps as a count (2 bytes) and for each a kind (1 byte) and an id (8 bytes);
 * the context as a length (4 bytes) and its bytes.
 *
 * @param change what was asked for
 * @param confState the membership from this entry on
 */
public record LoggedConfChange(ConfChange change, ConfState confState) {
  /** More members than this are refused; real clusters have less than ten. */
  public static final int MEMBERS_MAX = 1024;

  private static final int VERSION = 1;
  private static final int AUTO_LEAVE = 1;
  private static final Kind[] KINDS = {Kind.ADD_VOTER, Kind.ADD_LEARNER, Kind.REMOVE};

  public LoggedConfChange {
    Objects.requireNonNull(change, "change");
    Objects.requireNonNull(confState, "confState");
  }

  /** The bytes for the entry. */
  public byte[] encode() {
    Writer out = new Writer(encodedBytes());
    out.number(VERSION, 1);
    out.number(confState.autoLeave() ? AUTO_LEAVE : 0, 1);
    out.ids(confState.voters());
    out.ids(confState.votersOutgoing());
    out.ids(confState.learners());
    out.ids(confState.learnersNext());
    out.number(change.steps().size(), 2);
    for (Step step : change.steps()) {
      out.number(code(step.kind()), 1);
      out.number(step.memberId(), 8);
    }
    out.number(change.context().length, 4);
    out.bytes(change.context());
    return out.target;
  }

  private int encodedBytes() {
    int ids =
        confState.voters().size()
            + confState.votersOutgoing().size()
            + confState.learners().size()
            + confState.learnersNext().size();
    return 2 + 4 * 2 + 8 * ids + 2 + 9 * change.steps().size() + 4 + change.context().length;
  }

  /**
   * Reads an entry's bytes.
   *
   * @throws IllegalArgumentException they are of a later version, cut off, or contradict
   *     themselves; the message says where
   */
  public static LoggedConfChange decode(byte[] data) {
    Reader in = new Reader(data);
    long version = in.number(1, "version");
    if (version != VERSION) {
      throw new IllegalArgumentException(
          "membership entry of version "
              + version
              + ", this release reads version "
              + VERSION
              + ": upgrade this member");
    }
    long flags = in.number(1, "flags");
    if ((flags & ~AUTO_LEAVE) != 0) {
      throw in.complaint("unknown flags " + flags);
    }
    SortedSet<Long> voters = in.ids("voters");
    SortedSet<Long> outgoing = in.ids("outgoing voters");
    SortedSet<Long> learners = in.ids("learners");
    SortedSet<Long> learnersNext = in.ids("next learners");
    int stepCount = (int) in.number(2, "step count");
    List<Step> steps = new ArrayList<>();
    for (int i = 0; i < stepCount; i++) {
      long kind = in.number(1, "kind of step");
      if (kind >= KINDS.length) {
        throw in.complaint("unknown kind of step " + kind);
      }
      steps.add(new Step(KINDS[(int) kind], in.number(8, "member of step")));
    }
    byte[] context = in.context();
    ConfState confState =
        new ConfState(voters, outgoing, learners, learnersNext, (flags & AUTO_LEAVE) != 0);
    return new LoggedConfChange(new ConfChange(steps, context), confState);
  }

  private static int code(Kind kind) {
    return switch (kind) {
      case ADD_VOTER -> 0;
      case ADD_LEARNER -> 1;
      case REMOVE -> 2;
    };
  }

  private static final class Writer {
    private final byte[] target;
    private int at;

    Writer(int size) {
      target = new byte[size];
    }

    void number(long value, int width) {
      for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
        target[at++] = (byte) (value >>> shift);
      }
    }

    void ids(SortedSet<Long> ids) {
      number(ids.size(), 2);
      for (long id : ids) {
        number(id, 8);
      }
    }

    void bytes(byte[] source) {
      System.arraycopy(source, 0, target, at, source.length);
      at += source.length;
    }
  }

  private static final class Reader {
    private final byte[] source;
    private int at;

    Reader(byte[] source) {
      this.source = source;
    }

    long number(int width, String what) {
      if (source.length - at < width) {
        throw complaint("cut off before its " + what);
      }
      long value = 0;
      for (int i = 0; i < width; i++) {
        value = value << 8 | source[at++] & 0xff;
      }
      return value;
    }

    SortedSet<Long> ids(String what) {
      int count = (int) number(2, what);
      if (count > MEMBERS_MAX) {
        throw complaint(count + " " + what + ", at most " + MEMBERS_MAX + " are allowed");
      }
      SortedSet<Long> ids = new TreeSet<>();
      for (int i = 0; i < count; i++) {
        long id = number(8, what);
        if (!ids.add(id)) {
          throw complaint("member " + Long.toHexString(id) + " is twice among its " + what);
        }
      }
      return ids;
    }

    byte[] context() {
      long length = number(4, "context");
      if (length != source.length - at) {
        throw complaint(
            "a context of " + length + " bytes, but " + (source.length - at) + " are left");
      }
      byte[] context = new byte[(int) length];
      System.arraycopy(source, at, context, 0, context.length);
      return context;
    }

    IllegalArgumentException complaint(String what) {
      return new IllegalArgumentException("damaged membership entry, byte " + at + ": " + what);
    }
  }
}
