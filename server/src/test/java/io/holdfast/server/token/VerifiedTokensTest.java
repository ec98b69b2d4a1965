package io.holdfast.server.token;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class VerifiedTokensTest {
  private static final Claims CLAIMS = new Claims("alice", 7, 1000);

  private final VerifiedTokens tokens = new VerifiedTokens(2);

  @Test
  void aTokenIsKnownUntilItsTimeIsOver() {
    tokens.add("a", CLAIMS);
    assertEquals(Optional.of(CLAIMS), tokens.find("a", 999));
    assertEquals(Optional.empty(), tokens.find("A", 999));
    assertEquals(Optional.empty(), tokens.find("a", 1000));
    assertEquals(0, tokens.size());
  }

  @Test
  void whatWasNotShownForTheLongestTimeIsForgotten() {
    tokens.add("a", CLAIMS);
    tokens.add("b", CLAIMS);
    tokens.find("a", 0);
    tokens.add("c", CLAIMS);
    assertEquals(2, tokens.size());
    assertTrue(tokens.find("a", 0).isPresent());
    assertTrue(tokens.find("c", 0).isPresent());
    assertEquals(Optional.empty(), tokens.find("b", 0));
  }
}
