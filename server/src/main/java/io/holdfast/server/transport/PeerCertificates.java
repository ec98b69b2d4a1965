package io.holdfast.server.transport;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.net.SocketAddress;

/** Where the newest keys and certificates of this member are had, for each new connection. */
public interface PeerCertificates {
  /**
   * Protects a connection that somebody has opened to this member.
   *
   * @param caller the address it comes from, which may have to be in the caller's certificate
   * @param timeoutMillis how long the handshake may take
   */
  SslHandler serverHandler(ByteBufAllocator allocator, SocketAddress caller, long timeoutMillis);

  /** Protects connections that this member opens from now on. */
  SslContext client();
}
