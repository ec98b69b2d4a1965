package io.holdfast.server.mvcc;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * The ordered index of keys: a B+ tree for one writer and any number of readers without locks.
 *
 * <p>Nodes never change shape. A new version of a known key replaces its slot in the leaf; a new or
 * removed key replaces the leaf by a copy, and a split the nodes above it. A reader that still
 * walks a replaced node misses only what happened after it began, which its pinned revision hides
 * from it anyway. So the tree needs no snapshot: the versions inside the entries are the snapshot.
 */
final class KeyTree {
  /** Sees the versions of a walk in key order. */
  interface Visitor {
    /**
     * @return whether to go on
     */
    boolean visit(KeyVersion version);
  }

  static final int LEAF_KEYS_MAX = 64;
  private static final int CHILDREN_MAX = 64;
  private static final int MERGE_BELOW = LEAF_KEYS_MAX / 4;
  private static final int MERGED_KEYS_MAX = LEAF_KEYS_MAX * 3 / 4;
  private static final int DEPTH_MAX = 16;
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(KeyVersion[].class);
  private static final VarHandle CHILD = MethodHandles.arrayElementVarHandle(Node[].class);

  private abstract static sealed class Node permits Leaf, Inner {}

  private static final class Leaf extends Node {
    private final KeyVersion[] slots;

    Leaf(KeyVersion[] slots) {
      this.slots = slots;
    }

    KeyVersion get(int position) {
      return (KeyVersion) SLOT.getAcquire(slots, position);
    }

    /** The key's position, or -(insertion point) - 1. */
    int search(byte[] key) {
      int low = 0;
      int high = slots.length - 1;
      while (low <= high) {
        int middle = (low + high) >>> 1;
        int order = Arrays.compareUnsigned(get(middle).key, key);
        if (order < 0) {
          low = middle + 1;
        } else if (order > 0) {
          high = middle - 1;
        } else {
          return middle;
        }
      }
      return -low - 1;
    }
  }

  private static final class Inner extends Node {
    /** Child i holds the keys from separator i - 1 on and below separator i. */
    private final byte[][] separators;

    private final Node[] children;

    Inner(byte[][] separators, Node[] children) {
      this.separators = separators;
      this.children = children;
    }

    Node child(int position) {
      return (Node) CHILD.getAcquire(children, position);
    }

    int search(byte[] key) {
      int low = 0;
      int high = separators.length - 1;
      while (low <= high) {
        int middle = (low + high) >>> 1;
        if (Arrays.compareUnsigned(separators[middle], key) <= 0) {
          low = middle + 1;
        } else {
          high = middle - 1;
        }
      }
      return low;
    }
  }

  private volatile Node root = new Leaf(new KeyVersion[0]);

  // The writer's place in the tree, left by locate.
  private final Inner[] path = new Inner[DEPTH_MAX];
  private final int[] pathPositions = new int[DEPTH_MAX];
  private int depth;
  private Leaf leaf;
  private int position;

  /** The key's latest version, null when the index does not know the key. Any thread. */
  KeyVersion find(byte[] key) {
    Node node = root;
    while (node instanceof Inner inner) {
      node = inner.child(inner.search(key));
    }
    Leaf found = (Leaf) node;
    int at = found.search(key);
    return at < 0 ? null : found.get(at);
  }

  /**
   * Visits the versions of the keys from {@code start} on, below {@code end}. Any thread.
   *
   * @param end null for no end
   */
  void walk(byte[] start, byte[] end, Visitor visitor) {
    byte[] from = start;
    while (from != null) {
      byte[] bound = null;
      Node node = root;
      while (node instanceof Inner inner) {
        int child = inner.search(from);
        if (child < inner.separators.length) {
          bound = inner.separators[child];
        }
        node = inner.child(child);
      }
      if (!visitLeaf((Leaf) node, from, end, visitor)) {
        return;
      }
      from = end != null && bound != null && Arrays.compareUnsigned(bound, end) >= 0 ? null : bound;
    }
  }

  private static boolean visitLeaf(Leaf leaf, byte[] from, byte[] end, Visitor visitor) {
    int at = leaf.search(from);
    int first = at < 0 ? -at - 1 : at;
    int last = leaf.slots.length;
    if (end != null) {
      int endAt = leaf.search(end);
      last = endAt < 0 ? -endAt - 1 : endAt;
    }
    for (int i = first; i < last; i++) {
      if (!visitor.visit(leaf.get(i))) {
        return false;
      }
    }
    return true;
  }

  /**
   * Moves the writer's place to the key.
   *
   * @return its latest version, null when the index does not know the key
   */
  KeyVersion locate(byte[] key) {
    Node node = root;
    depth = 0;
    while (node instanceof Inner inner) {
      int child = inner.search(key);
      path[depth] = inner;
      pathPositions[depth] = child;
      depth++;
      node = inner.child(child);
    }
    leaf = (Leaf) node;
    position = leaf.search(key);
    return position < 0 ? null : leaf.get(position);
  }

  /**
   * Puts the version at the writer's place, which {@link #locate} found for its key just before.
   */
  void putLocated(KeyVersion version) {
    if (position >= 0) {
      SLOT.setRelease(leaf.slots, position, version);
      return;
    }
    int at = -position - 1;
    KeyVersion[] slots = new KeyVersion[leaf.slots.length + 1];
    System.arraycopy(leaf.slots, 0, slots, 0, at);
    slots[at] = version;
    System.arraycopy(leaf.slots, at, slots, at + 1, leaf.slots.length - at);
    if (slots.length <= LEAF_KEYS_MAX) {
      replaceChild(depth - 1, new Leaf(slots));
      return;
    }
    // Keys that come in order fill their leaves: split where the next one will go.
    int split = at == slots.length - 1 ? at : slots.length / 2;
    Leaf left = new Leaf(Arrays.copyOfRange(slots, 0, split));
    Leaf right = new Leaf(Arrays.copyOfRange(slots, split, slots.length));
    splitChild(depth - 1, left, right.slots[0].key, right);
  }

  /** Removes the key at the writer's place, which {@link #locate} found just before. */
  void removeLocated() {
    KeyVersion[] slots = new KeyVersion[leaf.slots.length - 1];
    System.arraycopy(leaf.slots, 0, slots, 0, position);
    System.arraycopy(leaf.slots, position + 1, slots, position, slots.length - position);
    if (depth > 0 && slots.length < MERGE_BELOW) {
      Inner parent = path[depth - 1];
      int at = pathPositions[depth - 1];
      if (at + 1 < parent.children.length && mergeInto(slots, parent, at, at + 1)) {
        return;
      }
      if (at > 0 && mergeInto(slots, parent, at, at - 1)) {
        return;
      }
    }
    replaceChild(depth - 1, new Leaf(slots));
  }

  /** Joins the shrunken leaf with a neighbour, if that one has room. */
  private boolean mergeInto(KeyVersion[] slots, Inner parent, int at, int neighbour) {
    if (!(parent.children[neighbour] instanceof Leaf other)
        || slots.length > 0 && slots.length + other.slots.length > MERGED_KEYS_MAX) {
      return false;
    }
    boolean neighbourFirst = neighbour < at;
    KeyVersion[] first = neighbourFirst ? other.slots : slots;
    KeyVersion[] second = neighbourFirst ? slots : other.slots;
    KeyVersion[] merged = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, merged, first.length, second.length);
    removeChild(depth - 1, Math.min(at, neighbour), new Leaf(merged));
    return true;
  }

  private void replaceChild(int level, Node replacement) {
    if (level < 0) {
      root = replacement;
    } else {
      CHILD.setRelease(path[level].children, pathPositions[level], replacement);
    }
  }

  private void splitChild(int level, Node left, byte[] separator, Node right) {
    if (level < 0) {
      root = new Inner(new byte[][] {separator}, new Node[] {left, right});
      return;
    }
    Inner parent = path[level];
    int at = pathPositions[level];
    byte[][] separators = new byte[parent.separators.length + 1][];
    System.arraycopy(parent.separators, 0, separators, 0, at);
    separators[at] = separator;
    System.arraycopy(parent.separators, at, separators, at + 1, parent.separators.length - at);
    Node[] children = new Node[parent.children.length + 1];
    System.arraycopy(parent.children, 0, children, 0, at);
    children[at] = left;
    children[at + 1] = right;
    System.arraycopy(parent.children, at + 1, children, at + 2, parent.children.length - at - 1);
    if (children.length <= CHILDREN_MAX) {
      replaceChild(level - 1, new Inner(separators, children));
      return;
    }
    int split = at == parent.children.length - 1 ? children.length - 1 : children.length / 2;
    Inner lower =
        new Inner(
            Arrays.copyOfRange(separators, 0, split - 1), Arrays.copyOfRange(children, 0, split));
    Inner upper =
        new Inner(
            Arrays.copyOfRange(separators, split, separators.length),
            Arrays.copyOfRange(children, split, children.length));
    splitChild(level - 1, lower, separators[split - 1], upper);
  }

  /** Puts one node in the place of the children at {@code at} and behind it. */
  private void removeChild(int level, int at, Node merged) {
    Inner parent = path[level];
    if (parent.children.length == 2) {
      replaceChild(level - 1, merged);
      return;
    }
    byte[][] separators = new byte[parent.separators.length - 1][];
    System.arraycopy(parent.separators, 0, separators, 0, at);
    System.arraycopy(parent.separators, at + 1, separators, at, separators.length - at);
    Node[] children = new Node[parent.children.length - 1];
    System.arraycopy(parent.children, 0, children, 0, at);
    children[at] = merged;
    System.arraycopy(parent.children, at + 2, children, at + 1, children.length - at - 1);
    replaceChild(level - 1, new Inner(separators, children));
  }
}
