package io.holdfast.server.token;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Optional;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemWriter;

/** Makes keys for tests and writes them to files. */
public final class TestKeys {
  private TestKeys() {}

  /** A new pair of the kind that a method needs; empty for those with a secret. */
  static Optional<KeyPair> pairFor(SigningMethod method) {
    return switch (method) {
      case HS256, HS384, HS512 -> Optional.empty();
      case ES256 -> Optional.of(pair("EC", 256));
      case ES384 -> Optional.of(pair("EC", 384));
      case ES512 -> Optional.of(pair("EC", 521));
      case EDDSA -> Optional.of(pair("Ed25519", 255));
      default -> Optional.of(pair("RSA", 2048));
    };
  }

  static KeyPair pair(String kind, int bits) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(kind);
      if (!kind.equals("Ed25519")) {
        generator.initialize(bits);
      }
      return generator.generateKeyPair();
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  static Path privateKey(Path directory, KeyPair pair) {
    return pem(directory.resolve("private.pem"), "PRIVATE KEY", pair.getPrivate().getEncoded());
  }

  static Path publicKey(Path directory, KeyPair pair) {
    return pem(directory.resolve("public.pem"), "PUBLIC KEY", pair.getPublic().getEncoded());
  }

  static Path pem(Path file, String kind, byte[] content) {
    StringWriter text = new StringWriter();
    try (PemWriter writer = new PemWriter(text)) {
      writer.writeObject(new PemObject(kind, content));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return write(file, text.toString());
  }

  static Path write(Path file, String content) {
    try {
      return Files.writeString(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Keys of one method in files, for tokens that live ten minutes. */
  public static JwtOptions options(Path directory, SigningMethod method) {
    Path key =
        pairFor(method)
            .map(pair -> privateKey(directory, pair))
            .orElseGet(() -> write(directory.resolve("secret"), "s".repeat(64)));
    return new JwtOptions(method, Optional.empty(), Optional.of(key), 600_000, Optional.empty());
  }

  /** The public key of such options, in a file. */
  public static Path publicKeyOf(JwtOptions options) {
    Path directory = options.privateKey().orElseThrow().getParent();
    return pem(
        directory.resolve("public.pem"),
        "PUBLIC KEY",
        SigningKeys.read(options).verification().getEncoded());
  }
}
