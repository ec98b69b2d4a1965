package io.holdfast.compatibility;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * A folder in memory where the machine has room for one: what stores answer does not depend on how
 * fast their disk is, but thousands of answers wait for it.
 */
final class MemoryDirectory implements TempDirFactory {
  private static final Path MEMORY = Path.of("/dev/shm");
  private static final long BYTES_MIN = 2L << 30;
  private static final String PREFIX = "holdfast-differential";

  @Override
  public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext extension)
      throws IOException {
    boolean roomy = Files.isWritable(MEMORY) && MEMORY.toFile().getUsableSpace() > BYTES_MIN;
    return roomy ? Files.createTempDirectory(MEMORY, PREFIX) : Files.createTempDirectory(PREFIX);
  }
}
