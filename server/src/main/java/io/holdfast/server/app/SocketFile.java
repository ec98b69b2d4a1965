package io.holdfast.server.app;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The file under which a Unix socket is found. One that a killed process has left cannot be bound
 * again and is replaced; a file of another kind, or a socket that somebody listens on, never is.
 */
final class SocketFile {
  /** What the system calls a socket's type: {@code S_IFSOCK} under the mask {@code S_IFMT}. */
  private static final int SOCKET = 0140000;

  private static final int TYPE_MASK = 0170000;

  private SocketFile() {}

  /**
   * Whether a socket can be made there; changes nothing.
   *
   * @throws IOException saying why not
   */
  static void check(UnixDomainSocketAddress address) throws IOException {
    Path file = address.getPath().toAbsolutePath();
    Path folder = file.getParent();
    if (!Files.isDirectory(folder) || !Files.isWritable(folder)) {
      throw new IOException("there is no folder " + folder + " that can be written to");
    }
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!isSocket(file)) {
      throw new IOException("there is a file of that name, which is no socket");
    }
    if (isListenedOn(address)) {
      throw new IOException("another process listens there");
    }
  }

  /**
   * Removes what a killed process has left.
   *
   * @throws IOException when there is something else, or it cannot be removed
   */
  static void removeStale(UnixDomainSocketAddress address) throws IOException {
    check(address);
    Files.deleteIfExists(address.getPath());
  }

  /** Only the member's own user may connect: a client on this socket is not asked who it is. */
  static void restrict(UnixDomainSocketAddress address) throws IOException {
    Files.setPosixFilePermissions(address.getPath(), PosixFilePermissions.fromString("rw-------"));
  }

  private static boolean isSocket(Path file) throws IOException {
    int mode = (Integer) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    return (mode & TYPE_MASK) == SOCKET;
  }

  private static boolean isListenedOn(UnixDomainSocketAddress address) throws IOException {
    try (SocketChannel channel = SocketChannel.open(address)) {
      return channel.isConnected();
    } catch (ConnectException refused) {
      return false;
    }
  }
}
