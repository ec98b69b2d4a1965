package io.holdfast.server.mvcc;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;

/**
 * The ordered index of keys: a B+ tree for one writer and any number of readers without locks.
 *
 * <p>Nodes never change shape. A new version of a known key replaces its slot in the leaf; a new or
 * removed key replaces the leaf by a copy, and a split the nodes above it. A reader that still
 * walks a replaced node misses only what happened after it began, which its pinned revision hides
 * from it anyway. So the tree needs no snapshot: the versions inside the entries are the snapshot.
 *
 * <p>After a start from a checkpoint, leaves are packed until somebody needs one of their keys.
 * Whoever comes first opens the leaf for all: versions carry cached values, so there must be one
 * object of each.
 */
final class KeyTree {
  /** Sees the versions of a walk in key order. */
  interface Visitor {
    /**
     * @return whether to go on
     */
    boolean visit(KeyVersion version);

    /** What to do about a whole leaf that is still packed. */
    default Passing pass(LazyLeaf leaf) {
      return Passing.OPEN;
    }
  }

  /** How a walk deals with a packed leaf. */
  enum Passing {
    /** Visit its versions. */
    OPEN,
    /** Go on behind it. */
    SKIP,
    /** End the walk before it. */
    STOP
  }

  /** Joins a version that was read with the one before, which may be null. */
  interface Joiner {
    KeyVersion join(KeyVersion before, KeyVersion read);
  }

  static final int LEAF_KEYS_MAX = 64;
  private static final byte[] NO_KEY = {};
  private static final int CHILDREN_MAX = 64;
  private static final int MERGE_BELOW = LEAF_KEYS_MAX / 4;
  private static final int MERGED_KEYS_MAX = LEAF_KEYS_MAX * 3 / 4;
  private static final int DEPTH_MAX = 16;
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(KeyVersion[].class);
  private static final VarHandle CHILD = MethodHandles.arrayElementVarHandle(Node[].class);
  private static final VarHandle CONTENT;

  static {
    try {
      CONTENT = MethodHandles.lookup().findVarHandle(Packed.class, "content", Object.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private abstract static sealed class Node implements KeyHeads.Row permits Leaf, Packed, Inner {}

  private static final class Leaf extends Node {
    static final Leaf EMPTY = new Leaf(new KeyVersion[0], KeyHeads.EMPTY, 0, 0);

    private final KeyVersion[] slots;
    private final KeyHeads heads;

    /** No version in the leaf is newer. Raised before the version is put. */
    private volatile long newestRevision;

    /** Lowered after the version that replaces a tombstone has been put. */
    private volatile int tombstones;

    private Leaf(KeyVersion[] slots, KeyHeads heads, long newestRevision, int tombstones) {
      this.slots = slots;
      this.heads = heads;
      this.newestRevision = newestRevision;
      this.tombstones = tombstones;
    }

    static Leaf of(KeyVersion[] slots) {
      long newest = 0;
      int tombstones = 0;
      for (KeyVersion version : slots) {
        newest = Math.max(newest, version.modRevision);
        tombstones += version.isTombstone() ? 1 : 0;
      }
      return new Leaf(slots, KeyHeads.of(i -> slots[i].key, slots.length), newest, tombstones);
    }

    Leaf with(int at, KeyVersion version) {
      KeyVersion[] more = new KeyVersion[slots.length + 1];
      System.arraycopy(slots, 0, more, 0, at);
      more[at] = version;
      System.arraycopy(slots, at, more, at + 1, slots.length - at);
      return new Leaf(
          more,
          heads.with(i -> more[i].key, at),
          Math.max(newestRevision, version.modRevision),
          tombstones + (version.isTombstone() ? 1 : 0));
    }

    void set(int at, KeyVersion version) {
      boolean wasTombstone = slots[at].isTombstone();
      if (version.modRevision > newestRevision) {
        newestRevision = version.modRevision;
      }
      if (version.isTombstone() && !wasTombstone) {
        tombstones++;
      }
      SLOT.setRelease(slots, at, version);
      if (wasTombstone && !version.isTombstone()) {
        tombstones--;
      }
    }

    /**
     * Whether every key is alive at the revision, to be told without a look at them. A writer may
     * be at work: what it does to a known key comes after the revision and does not count, a new
     * key comes with a new leaf.
     */
    boolean isWhollyAliveAt(long revision) {
      return tombstones == 0 && newestRevision <= revision;
    }

    KeyVersion get(int position) {
      return (KeyVersion) SLOT.getAcquire(slots, position);
    }

    @Override
    public byte[] key(int position) {
      return get(position).key;
    }

    /** The key's position, or -(insertion point) - 1. */
    int search(byte[] key) {
      return heads.search(key, this);
    }

    /** The position of the first key that is not below this one. */
    int lowerBound(byte[] key) {
      int at = search(key);
      return at < 0 ? -at - 1 : at;
    }
  }

  /** A leaf as it was loaded: packed at first, and then the one leaf that was made of it. */
  private static final class Packed extends Node {
    /** A LazyLeaf, later a Leaf. */
    private volatile Object content;

    Packed(LazyLeaf lazy) {
      content = lazy;
    }

    /** Null when it was opened. */
    LazyLeaf lazyOrNull() {
      return content instanceof LazyLeaf lazy ? lazy : null;
    }

    Leaf open() {
      Object found = content;
      if (found instanceof Leaf leaf) {
        return leaf;
      }
      Leaf opened = Leaf.of(((LazyLeaf) found).open());
      Object before = CONTENT.compareAndExchange(this, found, opened);
      return before == found ? opened : (Leaf) before;
    }

    @Override
    public byte[] key(int position) {
      return open().key(position);
    }
  }

  private static final class Inner extends Node {
    /** Child i holds the keys from separator i - 1 on and below separator i. */
    private final byte[][] separators;

    private final Node[] children;
    private final KeyHeads heads;

    Inner(byte[][] separators, Node[] children) {
      this.separators = separators;
      this.children = children;
      this.heads = KeyHeads.of(i -> separators[i], separators.length);
    }

    @Override
    public byte[] key(int position) {
      return separators[position];
    }

    Node child(int position) {
      return (Node) CHILD.getAcquire(children, position);
    }

    /** The position of the child that the key belongs to. */
    int search(byte[] key) {
      int at = heads.search(key, this);
      return at < 0 ? -at - 1 : at + 1;
    }
  }

  private volatile Node root = Leaf.EMPTY;

  // The writer's place in the tree, left by locate.
  private final Inner[] path = new Inner[DEPTH_MAX];
  private final int[] pathPositions = new int[DEPTH_MAX];
  private int depth;
  private Leaf leaf;
  private int position;

  /** The first key above the located leaf, null for none. */
  private byte[] leafBound;

  /** The key's latest version, null when the index does not know the key. Any thread. */
  KeyVersion find(byte[] key) {
    Node node = root;
    while (node instanceof Inner inner) {
      node = inner.child(inner.search(key));
    }
    Leaf found = opened(node);
    int at = found.search(key);
    return at < 0 ? null : found.get(at);
  }

  private static Leaf opened(Node node) {
    return node instanceof Leaf leaf ? leaf : ((Packed) node).open();
  }

  /**
   * Visits the versions of the keys from {@code start} on, below {@code end}. Any thread.
   *
   * @param end null for no end
   */
  void walk(byte[] start, byte[] end, Visitor visitor) {
    eachLeaf(
        start,
        end,
        new LeafVisitor() {
          @Override
          public boolean visit(Leaf leaf, int first, int last) {
            for (int i = first; i < last; i++) {
              if (!visitor.visit(leaf.get(i))) {
                return false;
              }
            }
            return true;
          }

          @Override
          public Passing pass(LazyLeaf leaf) {
            return visitor.pass(leaf);
          }
        });
  }

  /**
   * Counts the keys from {@code start} on, below {@code end}, that are alive at the revision.
   * Leaves without deleted or newer versions are counted as a whole. Any thread.
   *
   * @param end null for no end
   */
  long count(byte[] start, byte[] end, long revision) {
    Counter counter = new Counter(revision);
    eachLeaf(start, end, counter);
    return counter.count;
  }

  private static final class Counter implements LeafVisitor {
    private final long revision;
    private long count;

    Counter(long revision) {
      this.revision = revision;
    }

    @Override
    public boolean visit(Leaf leaf, int first, int last) {
      if (leaf.isWhollyAliveAt(revision)) {
        count += Math.max(0, last - first);
      } else {
        for (int i = first; i < last; i++) {
          count += leaf.get(i).isAliveAt(revision) ? 1 : 0;
        }
      }
      return true;
    }

    @Override
    public Passing pass(LazyLeaf leaf) {
      if (leaf.newestRevision() > revision) {
        return Passing.OPEN;
      }
      count += leaf.living();
      return Passing.SKIP;
    }
  }

  /** Sees the leaves of a walk, each with the interval of positions that is meant. */
  private interface LeafVisitor {
    /**
     * @return whether to go on
     */
    boolean visit(Leaf leaf, int first, int last);

    /** What to do about a packed leaf that is meant as a whole. */
    Passing pass(LazyLeaf leaf);
  }

  private void eachLeaf(byte[] start, byte[] end, LeafVisitor visitor) {
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
      boolean last = end != null && bound != null && Arrays.compareUnsigned(bound, end) >= 0;
      boolean endsInside = end != null && (bound == null || last);
      Passing passing = endsInside ? Passing.OPEN : pass(node, from, visitor);
      boolean goesOn =
          passing == Passing.OPEN
              ? visit(node, from, endsInside ? end : null, visitor)
              : passing == Passing.SKIP;
      if (!goesOn) {
        return;
      }
      from = last ? null : bound;
    }
  }

  private static Passing pass(Node node, byte[] from, LeafVisitor visitor) {
    LazyLeaf lazy = node instanceof Packed packed ? packed.lazyOrNull() : null;
    return lazy != null && Arrays.compareUnsigned(from, lazy.firstKey()) <= 0
        ? visitor.pass(lazy)
        : Passing.OPEN;
  }

  private static boolean visit(Node node, byte[] from, byte[] end, LeafVisitor visitor) {
    Leaf leaf = opened(node);
    int to = end == null ? leaf.slots.length : leaf.lowerBound(end);
    return visitor.visit(leaf, leaf.lowerBound(from), to);
  }

  /**
   * Packs keys in ascending order; writing thread.
   *
   * @param from the first key to pack
   * @param keysMax stop when so many are packed, or a few more
   * @return the key to go on with; null when all are packed
   */
  byte[] pack(byte[] from, int keysMax, KeyPacker packer) {
    packer.begin(keysMax);
    eachLeaf(
        from,
        null,
        new LeafVisitor() {
          @Override
          public boolean visit(Leaf leaf, int first, int last) {
            return packer.pack(leaf.slots, first, last);
          }

          @Override
          public Passing pass(LazyLeaf leaf) {
            return packer.pack(leaf) ? Passing.SKIP : Passing.STOP;
          }
        });
    return packer.next();
  }

  /**
   * Makes an empty tree hold leaves; before anybody else uses it.
   *
   * @param leaves with ascending keys, each with at least one
   */
  void load(List<LazyLeaf> leaves) {
    if (leaves.isEmpty()) {
      return;
    }
    Node[] nodes = new Node[leaves.size()];
    byte[][] between = new byte[nodes.length - 1][];
    for (int i = 0; i < nodes.length; i++) {
      nodes[i] = new Packed(leaves.get(i));
      if (i > 0) {
        between[i - 1] = leaves.get(i).firstKey();
      }
    }
    replaceRoot(nodes, between);
  }

  /** How many leaves are still packed. Any thread. */
  int packedLeaves() {
    int[] count = {0};
    walk(
        NO_KEY,
        null,
        new Visitor() {
          @Override
          public boolean visit(KeyVersion version) {
            return true;
          }

          @Override
          public Passing pass(LazyLeaf leaf) {
            count[0]++;
            return Passing.SKIP;
          }
        });
    return count[0];
  }

  /**
   * Moves the writer's place to the key.
   *
   * @return its latest version, null when the index does not know the key
   */
  KeyVersion locate(byte[] key) {
    Node node = root;
    depth = 0;
    leafBound = null;
    while (node instanceof Inner inner) {
      int child = inner.search(key);
      if (child < inner.separators.length) {
        leafBound = inner.separators[child];
      }
      path[depth] = inner;
      pathPositions[depth] = child;
      depth++;
      node = inner.child(child);
    }
    leaf = opened(node);
    if (node != leaf) {
      // The writer alone changes nodes: from now on the way is as short as it is elsewhere.
      replace(depth - 1, leaf);
    }
    position = leaf.search(key);
    return position < 0 ? null : leaf.get(position);
  }

  /**
   * Puts the version at the writer's place, which {@link #locate} found for its key just before.
   */
  void putLocated(KeyVersion version) {
    if (position >= 0) {
      leaf.set(position, version);
      return;
    }
    int at = -position - 1;
    Leaf grown = leaf.with(at, version);
    if (grown.slots.length <= LEAF_KEYS_MAX) {
      replace(depth - 1, grown);
      return;
    }
    // Keys that come in order fill their leaves: split where the next one will go.
    int split = at == grown.slots.length - 1 ? at : grown.slots.length / 2;
    Leaf left = Leaf.of(Arrays.copyOfRange(grown.slots, 0, split));
    Leaf right = Leaf.of(Arrays.copyOfRange(grown.slots, split, grown.slots.length));
    replace(depth - 1, new Node[] {left, right}, new byte[][] {right.slots[0].key});
  }

  /**
   * Puts many versions, sorted by key; those of one key in the order they were written. Much faster
   * than one by one where several go to one leaf.
   */
  void putSorted(KeyVersion[] sorted, int count, Joiner joiner) {
    int next = 0;
    while (next < count) {
      locate(sorted[next].key);
      int end = endOfRun(sorted, next, count, leafBound);
      replaceLeaf(join(leaf.slots, sorted, next, end, joiner));
      next = end;
    }
  }

  /**
   * The end of those that are below a key, as the one at {@code from} is.
   *
   * @param bound null for no bound
   */
  static int endOfRun(KeyVersion[] sorted, int from, int count, byte[] bound) {
    if (bound == null) {
      return count;
    }
    // Mostly few keys go to one leaf: look near first.
    int low = from + 1;
    int high = low;
    int step = 1;
    while (high < count && Arrays.compareUnsigned(sorted[high].key, bound) < 0) {
      low = high + 1;
      high += step;
      step += step;
    }
    high = Math.min(high, count);
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Arrays.compareUnsigned(sorted[middle].key, bound) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** Merges the sorted versions of an interval into a leaf's. */
  static KeyVersion[] join(
      KeyVersion[] slots, KeyVersion[] sorted, int from, int end, Joiner joiner) {
    KeyVersion[] joined = new KeyVersion[slots.length + end - from];
    int count = 0;
    int slot = 0;
    int next = from;
    while (next < end) {
      byte[] key = sorted[next].key;
      while (slot < slots.length && Arrays.compareUnsigned(slots[slot].key, key) < 0) {
        joined[count++] = slots[slot++];
      }
      KeyVersion version = null;
      if (slot < slots.length && Arrays.equals(slots[slot].key, key)) {
        version = slots[slot++];
      }
      do {
        version = joiner.join(version, sorted[next++]);
      } while (next < end && Arrays.equals(sorted[next].key, key));
      joined[count++] = version;
    }
    while (slot < slots.length) {
      joined[count++] = slots[slot++];
    }
    return count == joined.length ? joined : Arrays.copyOf(joined, count);
  }

  private void replaceLeaf(KeyVersion[] slots) {
    if (slots.length <= LEAF_KEYS_MAX) {
      replace(depth - 1, Leaf.of(slots));
      return;
    }
    int leaves = (slots.length + MERGED_KEYS_MAX - 1) / MERGED_KEYS_MAX;
    Node[] nodes = new Node[leaves];
    byte[][] separators = new byte[leaves - 1][];
    for (int i = 0; i < leaves; i++) {
      int first = (int) ((long) slots.length * i / leaves);
      int end = (int) ((long) slots.length * (i + 1) / leaves);
      nodes[i] = Leaf.of(Arrays.copyOfRange(slots, first, end));
      if (i > 0) {
        separators[i - 1] = slots[first].key;
      }
    }
    replace(depth - 1, nodes, separators);
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
    replace(depth - 1, Leaf.of(slots));
  }

  /** Joins the shrunken leaf with a neighbour, if that one has room. */
  private boolean mergeInto(KeyVersion[] slots, Inner parent, int at, int neighbour) {
    if (parent.children[neighbour] instanceof Inner) {
      return false;
    }
    Leaf other = opened(parent.children[neighbour]);
    if (slots.length > 0 && slots.length + other.slots.length > MERGED_KEYS_MAX) {
      return false;
    }
    boolean neighbourFirst = neighbour < at;
    KeyVersion[] first = neighbourFirst ? other.slots : slots;
    KeyVersion[] second = neighbourFirst ? slots : other.slots;
    KeyVersion[] merged = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, merged, first.length, second.length);
    removeChild(depth - 1, Math.min(at, neighbour), Leaf.of(merged));
    return true;
  }

  private void replace(int level, Node replacement) {
    if (level < 0) {
      root = replacement;
    } else {
      CHILD.setRelease(path[level].children, pathPositions[level], replacement);
    }
  }

  /** Puts several nodes where one was, splitting the nodes above as needed. */
  private void replace(int level, Node[] nodes, byte[][] between) {
    if (level < 0) {
      replaceRoot(nodes, between);
      return;
    }
    Inner parent = path[level];
    int at = pathPositions[level];
    int added = nodes.length - 1;
    Node[] children = new Node[parent.children.length + added];
    System.arraycopy(parent.children, 0, children, 0, at);
    System.arraycopy(nodes, 0, children, at, nodes.length);
    System.arraycopy(
        parent.children, at + 1, children, at + nodes.length, parent.children.length - at - 1);
    byte[][] separators = new byte[parent.separators.length + added][];
    System.arraycopy(parent.separators, 0, separators, 0, at);
    System.arraycopy(between, 0, separators, at, added);
    System.arraycopy(parent.separators, at, separators, at + added, parent.separators.length - at);
    if (children.length <= CHILDREN_MAX) {
      replace(level - 1, new Inner(separators, children));
      return;
    }
    boolean growsAtEnd = at == parent.children.length - 1;
    int groups = children.length / CHILDREN_MAX + 1;
    int evenly = (children.length + groups - 1) / groups;
    Grouped grouped = group(children, separators, growsAtEnd ? CHILDREN_MAX : evenly);
    replace(level - 1, grouped.nodes, grouped.separators);
  }

  private void replaceRoot(Node[] nodes, byte[][] between) {
    Grouped grouped = new Grouped(nodes, between);
    while (grouped.nodes.length > 1) {
      grouped = group(grouped.nodes, grouped.separators, CHILDREN_MAX);
    }
    root = grouped.nodes[0];
  }

  private record Grouped(Node[] nodes, byte[][] separators) {}

  /** Puts so many children under one node each, the rest under the last. */
  private static Grouped group(Node[] children, byte[][] separators, int perNode) {
    int groups = Math.max(1, (children.length + perNode - 1) / perNode);
    Node[] nodes = new Node[groups];
    byte[][] between = new byte[groups - 1][];
    for (int i = 0; i < groups; i++) {
      int first = i * perNode;
      int end = Math.min(children.length, first + perNode);
      nodes[i] =
          new Inner(
              Arrays.copyOfRange(separators, first, end - 1),
              Arrays.copyOfRange(children, first, end));
      if (i > 0) {
        between[i - 1] = separators[first - 1];
      }
    }
    return new Grouped(nodes, between);
  }

  /** Puts one node in the place of the children at {@code at} and behind it. */
  private void removeChild(int level, int at, Node merged) {
    Inner parent = path[level];
    if (parent.children.length == 2) {
      replace(level - 1, merged);
      return;
    }
    byte[][] separators = new byte[parent.separators.length - 1][];
    System.arraycopy(parent.separators, 0, separators, 0, at);
    System.arraycopy(parent.separators, at + 1, separators, at, separators.length - at);
    Node[] children = new Node[parent.children.length - 1];
    System.arraycopy(parent.children, 0, children, 0, at);
    children[at] = merged;
    System.arraycopy(parent.children, at + 2, children, at + 1, children.length - at - 1);
    replace(level - 1, new Inner(separators, children));
  }
}
