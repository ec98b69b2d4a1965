package io.holdfast.server.watch;

import io.holdfast.server.mvcc.KeyRange;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Groups by their ranges, such that those that contain a key are found without looking at all.
 *
 * <p>A treap, that is a search tree ordered by the ranges whose pseudo-random priorities keep it
 * balanced, in which every node knows the largest end below it. Not thread-safe.
 */
final class RangeIndex {
  private static final class Node {
    final WatchGroup group;
    final int priority;
    Node left;
    Node right;

    /** The largest exclusive end of the subtree; null when one is open. */
    byte[] endMax;

    Node(WatchGroup group, int priority) {
      this.group = group;
      this.priority = priority;
      update();
    }

    void update() {
      endMax = end(group.range);
      include(left);
      include(right);
    }

    private void include(Node child) {
      if (child != null && endMax != null) {
        endMax =
            child.endMax == null || Arrays.compareUnsigned(child.endMax, endMax) > 0
                ? child.endMax
                : endMax;
      }
    }
  }

  private Node root;
  private int size;
  private int seed = 0x9E3779B9;

  int size() {
    return size;
  }

  Optional<WatchGroup> find(KeyRange range) {
    Node node = root;
    while (node != null) {
      int order = compare(range, node.group.range);
      if (order == 0) {
        return Optional.of(node.group);
      }
      node = order < 0 ? node.left : node.right;
    }
    return Optional.empty();
  }

  /** Adds a group whose range is not in the index yet. */
  void add(WatchGroup group) {
    root = insert(root, new Node(group, nextPriority()));
    size++;
  }

  /** Removes the group of a range that is in the index. */
  void remove(KeyRange range) {
    root = delete(root, range);
    size--;
  }

  /** Visits every group whose range contains the key. */
  void forEachContaining(byte[] key, Consumer<WatchGroup> visitor) {
    visit(root, key, visitor);
  }

  private static void visit(Node node, byte[] key, Consumer<WatchGroup> visitor) {
    if (node == null || node.endMax != null && Arrays.compareUnsigned(node.endMax, key) <= 0) {
      return;
    }
    visit(node.left, key, visitor);
    if (Arrays.compareUnsigned(node.group.range.start(), key) <= 0) {
      if (node.group.range.contains(key)) {
        visitor.accept(node.group);
      }
      visit(node.right, key, visitor);
    }
  }

  private static Node insert(Node node, Node added) {
    if (node == null) {
      return added;
    }
    if (compare(added.group.range, node.group.range) < 0) {
      node.left = insert(node.left, added);
      return node.left.priority > node.priority ? rotateRight(node) : updated(node);
    }
    node.right = insert(node.right, added);
    return node.right.priority > node.priority ? rotateLeft(node) : updated(node);
  }

  private static Node delete(Node node, KeyRange range) {
    if (node == null) {
      throw new IllegalStateException("the range is not in the index");
    }
    int order = compare(range, node.group.range);
    if (order < 0) {
      node.left = delete(node.left, range);
    } else if (order > 0) {
      node.right = delete(node.right, range);
    } else {
      return merge(node.left, node.right);
    }
    return updated(node);
  }

  private static Node merge(Node left, Node right) {
    if (left == null || right == null) {
      return left == null ? right : left;
    }
    if (left.priority > right.priority) {
      left.right = merge(left.right, right);
      return updated(left);
    }
    right.left = merge(left, right.left);
    return updated(right);
  }

  private static Node rotateRight(Node node) {
    Node top = node.left;
    node.left = top.right;
    node.update();
    top.right = node;
    return updated(top);
  }

  private static Node rotateLeft(Node node) {
    Node top = node.right;
    node.right = top.left;
    node.update();
    top.left = node;
    return updated(top);
  }

  private static Node updated(Node node) {
    node.update();
    return node;
  }

  private static int compare(KeyRange a, KeyRange b) {
    int byStart = Arrays.compareUnsigned(a.start(), b.start());
    return byStart != 0 ? byStart : compareEnds(end(a), end(b));
  }

  private static int compareEnds(byte[] a, byte[] b) {
    if (a == null || b == null) {
      return a == b ? 0 : a == null ? 1 : -1;
    }
    return Arrays.compareUnsigned(a, b);
  }

  private static byte[] end(KeyRange range) {
    return range.isOpenEnded() ? null : range.end();
  }

  private int nextPriority() {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return seed;
  }
}
