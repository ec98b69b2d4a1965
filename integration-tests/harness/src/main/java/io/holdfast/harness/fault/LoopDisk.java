package io.holdfast.harness.fault;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A disk of its own for a member: an ext4 file system in a file, mounted through a loop device. It
 * may be so small that it fills up, and its power can be cut: what was not synced by then is gone,
 * as the file system's own journal is not even closed. Needs root.
 *
 * <p>The image must not lie on tmpfs, where nothing is ever unsynced.
 */
public final class LoopDisk implements AutoCloseable {
  /** {@code _IOR('X', 125, __u32)}: the file system stops at once. */
  private static final String SHUTDOWN_REQUEST = "0x8004587D";

  /** Without flushing its journal: EXT4_GOING_FLAGS_NOLOGFLUSH. */
  private static final int WITHOUT_FLUSH = 2;

  private static Boolean usable;

  private final Path image;
  private final Path root;
  private boolean mounted;

  private LoopDisk(Path image, Path root) {
    this.image = image;
    this.root = root;
  }

  /** Whether such disks can be had here; says why not. */
  public static synchronized boolean isUsable() {
    if (usable == null) {
      usable = Needs.programs("mkfs.ext4", "mount", "umount", "perl") && Needs.root() && mounts();
    }
    return usable;
  }

  private static boolean mounts() {
    try {
      Path directory = Files.createTempDirectory("holdfast-loop");
      try (LoopDisk disk = create(directory, 8)) {
        return Files.isDirectory(disk.root());
      } finally {
        Files.delete(directory);
      }
    } catch (IOException | IllegalStateException e) {
      return Needs.skipped("no loop-mounted ext4 here: " + e.getMessage());
    }
  }

  /** An empty, mounted disk whose image and mount point lie in {@code directory}. */
  public static LoopDisk create(Path directory, int mebibytes) {
    LoopDisk disk = new LoopDisk(directory.resolve("disk.ext4"), directory.resolve("disk"));
    try {
      Files.createDirectories(disk.root);
      try (RandomAccessFile file = new RandomAccessFile(disk.image.toFile(), "rw")) {
        file.setLength((long) mebibytes << 20);
      }
      Needs.run("mkfs.ext4", "-q", "-m", "0", disk.image.toString());
      disk.mount();
      return disk;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (IllegalStateException e) {
      disk.close();
      throw e;
    }
  }

  /** Where the disk is mounted. */
  public Path root() {
    return root;
  }

  /** From now on nothing reaches the disk: writes and syncs fail, what was not synced is gone. */
  public void cutPower() {
    String script =
        "sysopen(my $root, $ARGV[0], 0) or die \"open: $!\";"
            + "my $flags = pack('L', "
            + WITHOUT_FLUSH
            + "); ioctl($root, "
            + SHUTDOWN_REQUEST
            + ", $flags) or die \"ioctl: $!\";";
    Needs.run("perl", "-e", script, root.toString());
  }

  /** Power is back: the file system recovers what was synced. Nobody may have files open on it. */
  public void remount() {
    unmount();
    mount();
  }

  private void mount() {
    Needs.run("mount", "-o", "loop", image.toString(), root.toString());
    mounted = true;
  }

  private void unmount() {
    Needs.run("umount", root.toString());
    mounted = false;
  }

  /** Unmounts the disk and deletes its image. */
  @Override
  public void close() {
    try {
      if (mounted) {
        unmount();
      }
      Files.deleteIfExists(image);
      Files.deleteIfExists(root);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
