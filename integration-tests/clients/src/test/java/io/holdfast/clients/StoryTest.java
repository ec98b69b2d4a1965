package io.holdfast.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.module.ModuleDescriptor.Version;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StoryTest {
  private static final Story STORY =
      new Story(
          List.of("KV.Put\tdone", "since 3.5: Auth.AuthStatus\toff", "since 3.10: KV.Put\tmore"));

  @Test
  void olderStoresAreNotHeldToWhatTheyDoNotKnow() {
    assertEquals(1, linesKnownTo("3.4.23"));
    assertEquals(2, linesKnownTo("3.5.0"));
    assertEquals(2, linesKnownTo("3.6.5"));
    assertEquals(3, linesKnownTo("3.10.1"));
  }

  private static int linesKnownTo(String version) {
    return STORY.knownTo(Version.parse(version)).lines().size();
  }

  @Test
  void callsAreCountedByTheirNames() {
    assertEquals(Map.of("KV.Put", 2, "Auth.AuthStatus", 1), STORY.calls());
  }
}
