package io.holdfast.driver.internal;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Lets the transport understand servers that allow 2^31 concurrent streams or more.
 *
 * <p>HTTP/2 settings are unsigned, and etcd sends the largest number there is for "no limit". The
 * OkHttp transport reads it as -1 and never sends a request. This stream follows the frames as they
 * are read and brings that one setting down to what fits a signed number. It changes bytes in place
 * and buffers nothing. Not thread-safe, like every stream.
 */
final class StreamLimitFix extends FilterInputStream {
  private static final int HEADER_BYTES = 9;
  private static final int TYPE_AT = 3;
  private static final int SETTINGS = 4;
  private static final int SETTING_BYTES = 6;
  private static final int MAX_CONCURRENT_STREAMS = 3;

  private int headerRead;
  private int length;
  private int type;
  private int payloadRead;
  private int settingId;

  StreamLimitFix(InputStream in) {
    super(in);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    int count = read(one, 0, 1);
    return count < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int wanted) throws IOException {
    int count = super.read(buffer, offset, wanted);
    int at = offset;
    int end = offset + Math.max(count, 0);
    while (at < end) {
      if (headerRead < HEADER_BYTES) {
        header(buffer[at++] & 0xff);
      } else if (type == SETTINGS) {
        buffer[at] = setting(buffer[at]);
        at++;
        payload(1);
      } else {
        int skipped = Math.min(end - at, length - payloadRead);
        at += skipped;
        payload(skipped);
      }
    }
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    byte[] skipped = new byte[(int) Math.min(count, 8192)];
    return Math.max(0, read(skipped, 0, skipped.length));
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  private void header(int octet) {
    if (headerRead == 0) {
      length = 0;
    }
    if (headerRead < TYPE_AT) {
      length = length << 8 | octet;
    } else if (headerRead == TYPE_AT) {
      type = octet;
    }
    headerRead++;
    if (headerRead == HEADER_BYTES) {
      payloadRead = 0;
      payload(0);
    }
  }

  private void payload(int count) {
    payloadRead += count;
    if (payloadRead >= length) {
      headerRead = 0;
    }
  }

  private byte setting(byte octet) {
    int position = payloadRead % SETTING_BYTES;
    if (position == 0) {
      settingId = (octet & 0xff) << 8;
    } else if (position == 1) {
      settingId |= octet & 0xff;
    } else if (position == 2 && settingId == MAX_CONCURRENT_STREAMS && octet < 0) {
      return 0x7f;
    }
    return octet;
  }
}
