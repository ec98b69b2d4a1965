package io.holdfast.server.apply.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.holdfast.server.apply.Command;
import io.holdfast.server.error.InvariantViolation;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** For every command: what is written is what is read. */
class CommandCodecPropertyTest {
  private final CommandCodec codec = new CommandCodec();

  @Property(tries = 2000)
  void readsWhatItWrote(@ForAll long seed, @ForAll long id) {
    Command command = new Commands(seed).command();
    byte[] entry = codec.encode(id == 0 ? 1 : id, command);
    assertEquals(id == 0 ? 1 : id, codec.requestId(entry));
    Command read = codec.decode(entry);
    assertEquals(Commands.describe(command), Commands.describe(read));
    assertArrayEquals(entry, codec.encode(codec.requestId(entry), read));
  }

  @Property(tries = 500)
  void refusesEntriesThatAreCutShort(@ForAll long seed, @ForAll @IntRange(max = 12) int kept) {
    byte[] entry = codec.encode(Long.MAX_VALUE, new Commands(seed).command());
    byte[] cut = Arrays.copyOf(entry, Math.min(kept, entry.length - 1));
    assertThrows(
        InvariantViolation.class,
        () -> {
          codec.requestId(cut);
          codec.decode(cut);
        });
  }
}
