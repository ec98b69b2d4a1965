package io.holdfast.server.disk;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * A disk in memory that remembers what was synced. {@link #powerCut} leaves of everything else what
 * chance decides: any subset of the sectors written since a file's last sync, either length, and
 * any subset of the names changed since the directory's last sync.
 */
public final class SimulatedDisk implements Disk {
  private static final int SECTOR_BYTES = 512;

  private final Map<Path, Directory> directories = new HashMap<>();
  private final Set<Node> locked = Collections.newSetFromMap(new IdentityHashMap<>());

  /** A disk with an empty, durable root directory. */
  public SimulatedDisk(Path root) {
    directories.put(root, new Directory());
  }

  private SimulatedDisk() {}

  /** Loses what was not synced, as far as chance has it; every open file and lock is gone. */
  public synchronized SimulatedDisk powerCut(RandomGenerator random) {
    return copied(random, true);
  }

  /** What another process finds after this one was killed: all that was written. */
  public synchronized SimulatedDisk processKill() {
    return copied(null, false);
  }

  /**
   * What a failed sync does on Linux: the written bytes still read back, yet they are taken for
   * clean, so the next sync succeeds without writing them.
   */
  public synchronized void forgetUnsynced() {
    directories.values().forEach(in -> in.live.values().forEach(node -> node.dirty.clear()));
  }

  /** The content of a file as it reads now. */
  public synchronized byte[] content(Path file) throws IOException {
    return node(file).live.clone();
  }

  /** Replaces the content of a file, durably. */
  public synchronized void overwrite(Path file, byte[] content) throws IOException {
    Node node = node(file);
    node.live = content.clone();
    node.settle();
  }

  /** Turns one bit of a file around where it lies, as a medium does that forgets. */
  public synchronized void flipBit(Path file, long bit) throws IOException {
    Node node = node(file);
    int at = Math.toIntExact(bit / Byte.SIZE);
    node.live[at] ^= (byte) (1 << bit % Byte.SIZE);
    if (at < node.durable.length) {
      node.durable[at] ^= (byte) (1 << bit % Byte.SIZE);
    }
  }

  /** What all files hold. */
  public synchronized long usedBytes() {
    return directories.values().stream()
        .flatMap(in -> in.live.values().stream())
        .mapToLong(node -> node.live.length)
        .sum();
  }

  @Override
  public synchronized boolean exists(Path path) {
    Directory parent = directories.get(path.getParent());
    return directories.containsKey(path) || parent != null && parent.live.containsKey(name(path));
  }

  @Override
  public synchronized List<String> list(Path directory) throws IOException {
    List<String> names = new ArrayList<>(directory(directory).live.keySet());
    directories.keySet().stream()
        .filter(path -> directory.equals(path.getParent()))
        .forEach(path -> names.add(name(path)));
    names.sort(null);
    return names;
  }

  @Override
  public synchronized void createDirectory(Path path) throws IOException {
    directory(path.getParent());
    if (exists(path)) {
      throw new FileAlreadyExistsException(path.toString());
    }
    directories.put(path, new Directory());
  }

  @Override
  public synchronized DiskFile open(Path file, Mode mode) throws IOException {
    Directory parent = directory(file.getParent());
    Node node = parent.live.get(name(file));
    if (mode == Mode.CREATE) {
      if (node != null) {
        throw new FileAlreadyExistsException(file.toString());
      }
      node = new Node();
      parent.change(new Change(null, name(file), node));
    } else if (node == null) {
      throw new NoSuchFileException(file.toString());
    }
    return new OpenFile(node, mode != Mode.READ);
  }

  @Override
  public synchronized void restrictToOwner(Path file) throws IOException {
    node(file);
  }

  @Override
  public synchronized void rename(Path from, Path to) throws IOException {
    Directory parent = directory(from.getParent());
    parent.change(new Change(name(from), name(to), node(from)));
  }

  @Override
  public synchronized void delete(Path file) throws IOException {
    directory(file.getParent()).change(new Change(name(file), null, node(file)));
  }

  @Override
  public synchronized void syncDirectory(Path path) throws IOException {
    Directory directory = directory(path);
    directory.durable = new TreeMap<>(directory.live);
    directory.unsynced.clear();
  }

  @Override
  public synchronized AutoCloseable lock(Path file) throws IOException {
    if (!exists(file)) {
      open(file, Mode.CREATE).close();
    }
    // Of the file, not of its name, as on Linux: the lock goes with a rename.
    Node node = node(file);
    if (!locked.add(node)) {
      throw new LockedException(file);
    }
    return () -> {
      synchronized (this) {
        locked.remove(node);
      }
    };
  }

  private SimulatedDisk copied(RandomGenerator random, boolean losing) {
    SimulatedDisk copy = new SimulatedDisk();
    Map<Node, Node> nodes = new HashMap<>();
    directories.forEach(
        (path, directory) -> {
          Directory kept = new Directory();
          Map<String, Node> names = losing ? directory.survivors(random) : directory.live;
          names.forEach(
              (name, node) ->
                  kept.live.put(
                      name, nodes.computeIfAbsent(node, old -> old.copied(random, losing))));
          kept.durable = new TreeMap<>(losing ? kept.live : mapped(directory.durable, nodes));
          if (!losing) {
            directory.unsynced.forEach(
                change ->
                    kept.unsynced.add(
                        new Change(
                            change.from(),
                            change.to(),
                            nodes.computeIfAbsent(
                                change.node(), old -> old.copied(random, false)))));
          }
          copy.directories.put(path, kept);
        });
    return copy;
  }

  private static Map<String, Node> mapped(Map<String, Node> names, Map<Node, Node> nodes) {
    Map<String, Node> mapped = new TreeMap<>();
    names.forEach(
        (name, node) ->
            mapped.put(name, nodes.computeIfAbsent(node, old -> old.copied(null, false))));
    return mapped;
  }

  private Directory directory(Path path) throws IOException {
    Directory directory = directories.get(path);
    if (directory == null) {
      throw new FileNotFoundException(path + " is no directory");
    }
    return directory;
  }

  private Node node(Path file) throws IOException {
    Node node = directory(file.getParent()).live.get(name(file));
    if (node == null) {
      throw new NoSuchFileException(file.toString());
    }
    return node;
  }

  private static String name(Path path) {
    return path.getFileName().toString();
  }

  /** A name that came ({@code from} null), went ({@code to} null) or changed. */
  private record Change(String from, String to, Node node) {
    void applyTo(Map<String, Node> names) {
      if (from != null) {
        if (names.get(from) != node) {
          return; // what it builds on was lost
        }
        names.remove(from);
      }
      if (to != null) {
        names.put(to, node);
      }
    }
  }

  private static final class Directory {
    private final Map<String, Node> live = new TreeMap<>();
    private final List<Change> unsynced = new ArrayList<>();
    private Map<String, Node> durable = new TreeMap<>();

    void change(Change change) {
      change.applyTo(live);
      unsynced.add(change);
    }

    Map<String, Node> survivors(RandomGenerator random) {
      Map<String, Node> names = new TreeMap<>(durable);
      for (Change change : unsynced) {
        if (random.nextBoolean()) {
          change.applyTo(names);
        }
      }
      return names;
    }
  }

  private static final class Node {
    private byte[] live = new byte[0];
    private byte[] durable = new byte[0];
    private final BitSet dirty = new BitSet();

    void settle() {
      durable = live.clone();
      dirty.clear();
    }

    void sync() {
      if (durable.length != live.length) {
        durable = Arrays.copyOf(durable, live.length);
      }
      dirty.stream()
          .filter(sector -> sector * SECTOR_BYTES < live.length)
          .forEach(sector -> copySector(live, durable, sector));
      dirty.clear();
    }

    Node copied(RandomGenerator random, boolean losing) {
      Node copy = new Node();
      if (!losing) {
        copy.live = live.clone();
        copy.durable = durable.clone();
        copy.dirty.or(dirty);
        return copy;
      }
      byte[] left = Arrays.copyOf(durable, random.nextBoolean() ? live.length : durable.length);
      dirty.stream()
          .filter(sector -> sector * SECTOR_BYTES < Math.min(left.length, live.length))
          .filter(sector -> random.nextBoolean())
          .forEach(sector -> copySector(live, left, sector));
      copy.live = left;
      copy.settle();
      return copy;
    }

    private static void copySector(byte[] from, byte[] to, int sector) {
      int start = sector * SECTOR_BYTES;
      int bytes = Math.min(SECTOR_BYTES, Math.min(from.length, to.length) - start);
      System.arraycopy(from, start, to, start, bytes);
    }
  }

  private final class OpenFile implements DiskFile {
    private final Node node;
    private final boolean writable;
    private boolean closed;

    OpenFile(Node node, boolean writable) {
      this.node = node;
      this.writable = writable;
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
      synchronized (SimulatedDisk.this) {
        ensureOpen(false);
        int bytes = (int) Math.max(0, Math.min(target.remaining(), node.live.length - position));
        target.put(node.live, bytes == 0 ? 0 : (int) position, bytes);
        return bytes;
      }
    }

    @Override
    public void write(ByteBuffer source, long position) throws IOException {
      synchronized (SimulatedDisk.this) {
        ensureOpen(true);
        int start = (int) position;
        int bytes = source.remaining();
        int changed = start;
        if (start + bytes > node.live.length) {
          // A gap reads as zeros from now on, whatever stood there before the file was cut.
          changed = Math.min(start, node.live.length);
          node.live = Arrays.copyOf(node.live, start + bytes);
        }
        source.get(node.live, start, bytes);
        if (bytes > 0) {
          node.dirty.set(changed / SECTOR_BYTES, (start + bytes - 1) / SECTOR_BYTES + 1);
        }
      }
    }

    @Override
    public void sync() throws IOException {
      synchronized (SimulatedDisk.this) {
        ensureOpen(true);
        node.sync();
      }
    }

    @Override
    public long size() throws IOException {
      synchronized (SimulatedDisk.this) {
        ensureOpen(false);
        return node.live.length;
      }
    }

    @Override
    public void truncate(long sizeBytes) throws IOException {
      synchronized (SimulatedDisk.this) {
        ensureOpen(true);
        if (sizeBytes < node.live.length) {
          node.live = Arrays.copyOf(node.live, (int) sizeBytes);
        }
      }
    }

    @Override
    public void close() {
      closed = true;
    }

    private void ensureOpen(boolean writing) throws IOException {
      if (closed || writing && !writable) {
        throw new IOException("the file is not open for this");
      }
    }
  }
}
