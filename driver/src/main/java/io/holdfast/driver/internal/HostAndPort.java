package io.holdfast.driver.internal;

/**
 * Where a member listens for clients.
 *
 * @param host a name or an address, without brackets
 * @param port from 1 to 65535
 */
record HostAndPort(String host, int port) {
  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
