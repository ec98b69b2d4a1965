package io.holdfast.server.tls;

import io.holdfast.server.error.StartupException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;

/** One file of keys or certificates. Its failures name it, never what is in it. */
public final class PemFile {
  private static final long BYTES_MAX = 4 << 20;

  private static final Map<String, String> KEY_KINDS =
      Map.of(
          PKCSObjectIdentifiers.rsaEncryption.getId(), "RSA",
          X9ObjectIdentifiers.id_ecPublicKey.getId(), "EC",
          EdECObjectIdentifiers.id_Ed25519.getId(), "Ed25519");

  private final String meaning;
  private final Path path;

  /**
   * @param meaning what the file is for, in a word or two
   */
  public PemFile(String meaning, Path path) {
    this.meaning = meaning;
    this.path = path;
  }

  /**
   * The certificates in the file, in their order.
   *
   * @throws StartupException when there is none
   */
  List<X509Certificate> certificates() {
    CertificateFactory factory = certificateFactory();
    List<X509Certificate> certificates = new ArrayList<>();
    for (Object object : objects()) {
      if (object instanceof X509CertificateHolder holder) {
        certificates.add(certificate(factory, holder));
      }
    }
    if (certificates.isEmpty()) {
      throw unusable("no certificate in PEM is in it");
    }
    return certificates;
  }

  private X509Certificate certificate(CertificateFactory factory, X509CertificateHolder holder) {
    try {
      return (X509Certificate)
          factory.generateCertificate(new ByteArrayInputStream(holder.getEncoded()));
    } catch (IOException | CertificateException notUnderstood) {
      throw unusable("a certificate in it cannot be read", notUnderstood);
    }
  }

  /**
   * The private key in the file: PKCS#8, PKCS#1 or SEC 1.
   *
   * @throws StartupException when there is none, or it is encrypted
   */
  public PrivateKey privateKey() {
    for (Object object : objects()) {
      if (object instanceof PrivateKeyInfo key) {
        return privateKey(key);
      } else if (object instanceof PEMKeyPair pair) {
        return privateKey(pair.getPrivateKeyInfo());
      } else if (object instanceof PEMEncryptedKeyPair
          || object instanceof PKCS8EncryptedPrivateKeyInfo) {
        throw unusable(
            "the key is encrypted; decrypt it with openssl pkey -in FILE -out FILE.plain");
      }
    }
    throw unusable("no private key in PEM is in it");
  }

  private PrivateKey privateKey(PrivateKeyInfo key) {
    try {
      return KeyFactory.getInstance(kind(key.getPrivateKeyAlgorithm()))
          .generatePrivate(new PKCS8EncodedKeySpec(key.getEncoded()));
    } catch (IOException | GeneralSecurityException notUnderstood) {
      // Without the cause, which might show parts of the key.
      throw unusable("the key in it cannot be read");
    }
  }

  private String kind(AlgorithmIdentifier algorithm) {
    String kind = KEY_KINDS.get(algorithm.getAlgorithm().getId());
    if (kind == null) {
      throw unusable("keys of this kind are not known; use RSA, EC or Ed25519");
    }
    return kind;
  }

  /**
   * The public key in the file, bare or in a certificate.
   *
   * @throws StartupException when there is none
   */
  public PublicKey publicKey() {
    for (Object object : objects()) {
      if (object instanceof SubjectPublicKeyInfo key) {
        return publicKey(key);
      } else if (object instanceof X509CertificateHolder certificate) {
        return publicKey(certificate.getSubjectPublicKeyInfo());
      }
    }
    throw unusable("no public key in PEM is in it");
  }

  private PublicKey publicKey(SubjectPublicKeyInfo key) {
    try {
      return KeyFactory.getInstance(kind(key.getAlgorithm()))
          .generatePublic(new X509EncodedKeySpec(key.getEncoded()));
    } catch (IOException | GeneralSecurityException notUnderstood) {
      throw unusable("the key in it cannot be read", notUnderstood);
    }
  }

  /**
   * The list of revoked certificates in the file, in PEM or DER.
   *
   * @throws StartupException when there is none
   */
  X509CRL revocations() {
    try {
      return (X509CRL) certificateFactory().generateCRL(new ByteArrayInputStream(bytes()));
    } catch (GeneralSecurityException notUnderstood) {
      throw unusable("no list of revoked certificates (CRL) is in it", notUnderstood);
    }
  }

  private List<Object> objects() {
    List<Object> objects = new ArrayList<>();
    Reader text = new StringReader(new String(bytes(), StandardCharsets.ISO_8859_1));
    try (PEMParser parser = new PEMParser(text)) {
      for (Object object = parser.readObject(); object != null; object = parser.readObject()) {
        objects.add(object);
      }
    } catch (IOException | RuntimeException notUnderstood) {
      throw unusable("it is not PEM, or damaged");
    }
    return objects;
  }

  /**
   * What is in the file, of whatever form.
   *
   * @throws StartupException when it cannot be read or is too large
   */
  public byte[] bytes() {
    try {
      if (Files.size(path) > BYTES_MAX) {
        throw unusable("it is larger than any such file, " + BYTES_MAX + " bytes");
      }
      return Files.readAllBytes(path);
    } catch (NoSuchFileException missing) {
      throw unusable("there is no such file", missing);
    } catch (AccessDeniedException denied) {
      throw unusable("this process may not read it; give its user the right to", denied);
    } catch (IOException failed) {
      throw unusable(failed.getMessage(), failed);
    }
  }

  private static CertificateFactory certificateFactory() {
    try {
      return CertificateFactory.getInstance("X.509");
    } catch (CertificateException impossible) {
      throw new IllegalStateException("every JDK knows X.509", impossible);
    }
  }

  /** The refusal to start that names the file. */
  public StartupException unusable(String why) {
    return new StartupException("cannot use the " + meaning + " " + path + ": " + why);
  }

  private StartupException unusable(String why, Exception cause) {
    return new StartupException("cannot use the " + meaning + " " + path + ": " + why, cause);
  }
}
