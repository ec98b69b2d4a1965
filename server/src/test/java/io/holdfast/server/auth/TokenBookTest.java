package io.holdfast.server.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TokenBookTest {
  private static final long SECOND = 1_000_000_000L;

  private final TokenBook book = new TokenBook(300);

  @Test
  void aTokenLivesForATimeAfterItsLastUse() {
    long now = Long.MAX_VALUE - 400 * SECOND; // the clock wraps around on the way
    book.assign(digest(1), "alice", now);
    book.assign(digest(2), "bob", now);
    assertEquals(Optional.of("alice"), book.use(digest(1), now + 299 * SECOND));
    assertEquals(Optional.empty(), book.use(digest(2), now + 300 * SECOND));
    assertEquals(Optional.of("alice"), book.use(digest(1), now + 598 * SECOND));
    assertEquals(Optional.empty(), book.use(digest(1), now + 898 * SECOND));
    assertEquals(0, book.size());
  }

  @Test
  void tokensDieWithTheirUser() {
    book.assign(digest(1), "alice", 0);
    book.assign(digest(2), "alice", 0);
    book.assign(digest(3), "bob", 0);
    book.endUser("alice");
    assertEquals(Optional.empty(), book.use(digest(1), 1));
    assertEquals(Optional.of("bob"), book.use(digest(3), 1));
    book.endAll();
    assertEquals(Optional.empty(), book.use(digest(3), 1));
  }

  @Test
  void tooManyTokensEndTheOneThatWasNotUsedForLongest() {
    for (int i = 0; i < TokenBook.TOKENS_MAX; i++) {
      book.assign(digest(i), "user", 0);
    }
    book.use(digest(0), 0);
    book.assign(digest(-1), "user", 0);
    assertEquals(TokenBook.TOKENS_MAX, book.size());
    assertEquals(Optional.of("user"), book.use(digest(0), 0));
    assertEquals(Optional.empty(), book.use(digest(1), 0));
  }

  private static byte[] digest(int number) {
    return ByteBuffer.allocate(32).putInt(number).array();
  }
}
