package io.holdfast.driver.internal;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.time.Duration;
import javax.net.SocketFactory;

/**
 * Makes sockets that give up connecting after a while, which the transport itself does not, and
 * that are read through {@link StreamLimitFix} where they carry HTTP/2 in plain text.
 */
final class TimedSocketFactory extends SocketFactory {
  private final int connectTimeoutMillis;
  private final boolean plainText;

  TimedSocketFactory(Duration connectTimeout, boolean plainText) {
    this.plainText = plainText;
    this.connectTimeoutMillis =
        (int) Math.max(1, Math.min(Integer.MAX_VALUE, connectTimeout.toMillis()));
  }

  @Override
  public Socket createSocket() {
    return plainText ? new PlainSocket() : new Socket();
  }

  @Override
  public Socket createSocket(String host, int port) throws IOException {
    return connect(new InetSocketAddress(host, port), null);
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress localHost, int localPort)
      throws IOException {
    return connect(new InetSocketAddress(host, port), new InetSocketAddress(localHost, localPort));
  }

  @Override
  public Socket createSocket(InetAddress host, int port) throws IOException {
    return connect(new InetSocketAddress(host, port), null);
  }

  @Override
  public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort)
      throws IOException {
    return connect(
        new InetSocketAddress(address, port), new InetSocketAddress(localAddress, localPort));
  }

  private Socket connect(SocketAddress remote, SocketAddress local) throws IOException {
    Socket socket = createSocket();
    try {
      socket.bind(local);
      socket.connect(remote, connectTimeoutMillis);
      return socket;
    } catch (IOException failed) {
      socket.close();
      throw failed;
    }
  }

  private static final class PlainSocket extends Socket {
    private InputStream in;

    @Override
    public synchronized InputStream getInputStream() throws IOException {
      if (in == null) {
        in = new StreamLimitFix(super.getInputStream());
      }
      return in;
    }
  }
}
