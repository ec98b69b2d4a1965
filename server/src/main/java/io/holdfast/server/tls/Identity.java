package io.holdfast.server.tls;

import io.holdfast.server.error.StartupException;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;

/** A certificate with what it was signed with, and the key that belongs to it. */
record Identity(List<X509Certificate> chain, PrivateKey key) {
  private static final byte[] PROBE = {1, 2, 3, 4};

  /**
   * @throws StartupException when a file is unusable or the key is another certificate's
   */
  static Identity read(KeyFiles files) {
    List<X509Certificate> chain = new PemFile("certificate", files.certificate()).certificates();
    PemFile keyFile = new PemFile("private key", files.key());
    PrivateKey key = keyFile.privateKey();
    if (!belongTogether(key, chain.get(0).getPublicKey())) {
      throw keyFile.unusable("it does not belong to the certificate " + files.certificate());
    }
    return new Identity(chain, key);
  }

  X509Certificate[] certificates() {
    return chain.toArray(X509Certificate[]::new);
  }

  static boolean belongTogether(PrivateKey key, PublicKey certified) {
    if (!kind(key.getAlgorithm()).equals(kind(certified.getAlgorithm()))) {
      return false;
    }
    try {
      String algorithm =
          switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> "Ed25519";
          };
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(PROBE);
      byte[] signed = signature.sign();
      signature.initVerify(certified);
      signature.update(PROBE);
      return signature.verify(signed);
    } catch (GeneralSecurityException unfit) {
      return false;
    }
  }

  /** One kind of key has two names in the JDK. */
  private static String kind(String algorithm) {
    return algorithm.equals("EdDSA") ? "Ed25519" : algorithm;
  }
}
