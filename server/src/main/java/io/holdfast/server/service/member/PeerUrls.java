package io.holdfast.server.service.member;

import io.holdfast.server.error.EtcdError;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;

/** Peer URLs as requests bring them: checked as etcd checks them. */
final class PeerUrls {
  private static final int URLS_MAX = 64;
  private static final int URL_CHARACTERS_MAX = 512;

  private PeerUrls() {}

  /**
   * The URLs without surrounding blanks, sorted.
   *
   * @throws io.holdfast.server.error.StoreException MEMBER_URLS_INVALID when there is none, or one
   *     is no {@code http://host:port} or {@code https://host:port}
   */
  static List<String> checked(List<String> urls) {
    if (urls.isEmpty() || urls.size() > URLS_MAX) {
      throw EtcdError.MEMBER_URLS_INVALID.asException();
    }
    List<String> stripped = urls.stream().map(String::strip).distinct().sorted().toList();
    if (!stripped.stream().allMatch(PeerUrls::isUsable)) {
      throw EtcdError.MEMBER_URLS_INVALID.asException();
    }
    return stripped;
  }

  private static boolean isUsable(String url) {
    if (url.length() > URL_CHARACTERS_MAX) {
      return false;
    }
    try {
      URI uri = new URI(url);
      return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          && uri.getHost() != null
          && uri.getPort() > 0
          && uri.getPath().isEmpty()
          && uri.getQuery() == null
          && uri.getFragment() == null
          && uri.getUserInfo() == null;
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
