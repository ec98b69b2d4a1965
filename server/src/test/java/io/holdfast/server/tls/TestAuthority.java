package io.holdfast.server.tls;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;

/** Signs certificates for tests, and writes them to files. */
public final class TestAuthority {
  private static final Duration DAY = Duration.ofDays(1);
  private static final AtomicLong SERIALS = new AtomicLong(100);

  private final Path directory;
  private final KeyPair pair;
  private final X509Certificate certificate;

  /**
   * @param directory where the files go; the authority's own is {@code NAME.pem}
   */
  public TestAuthority(Path directory, String name) {
    this.directory = directory;
    pair = newPair("EC");
    certificate = sign(name, pair, true, List.of(), Instant.now().plus(DAY));
    write(authorityFile(), certificate);
  }

  /** The certificate of the authority itself. */
  public Path authorityFile() {
    return directory.resolve(commonName() + ".pem");
  }

  private String commonName() {
    return new CertificateNames(certificate).commonName().orElseThrow();
  }

  /** A certificate with its key, in {@code FILE.pem} and {@code FILE.key}. */
  public KeyFiles issue(String file, String commonName, String... hosts) {
    return issue(file, commonName, "EC", Instant.now().plus(DAY), hosts);
  }

  public KeyFiles issueExpired(String file, String commonName, String... hosts) {
    return issue(file, commonName, "EC", Instant.now().minusSeconds(60), hosts);
  }

  KeyFiles issue(String file, String commonName, String algorithm, Instant until, String... hosts) {
    KeyPair own = newPair(algorithm);
    KeyFiles files =
        new KeyFiles(directory.resolve(file + ".pem"), directory.resolve(file + ".key"));
    write(files.key(), new PemObject("PRIVATE KEY", own.getPrivate().getEncoded()));
    write(files.certificate(), sign(commonName, own, false, Arrays.asList(hosts), until));
    return files;
  }

  /** A list of revoked certificates. */
  public Path revoke(String file, KeyFiles... revoked) {
    try {
      JcaX509v2CRLBuilder list =
          new JcaX509v2CRLBuilder(
              certificate.getSubjectX500Principal(), Date.from(Instant.now().minus(DAY)));
      for (KeyFiles one : revoked) {
        X509Certificate gone = new PemFile("certificate", one.certificate()).certificates().get(0);
        list.addCRLEntry(gone.getSerialNumber(), new Date(), CRLReason.keyCompromise);
      }
      Path path = directory.resolve(file);
      write(path, list.build(signer(pair.getPrivate())));
      return path;
    } catch (OperatorCreationException e) {
      throw new IllegalStateException(e);
    }
  }

  private X509Certificate sign(
      String commonName, KeyPair of, boolean authority, List<String> hosts, Instant until) {
    try {
      X500Name issuer = authority ? named(commonName) : new X500Name("CN=" + commonName());
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              issuer,
              BigInteger.valueOf(SERIALS.incrementAndGet()),
              Date.from(Instant.now().minus(DAY.multipliedBy(2))),
              Date.from(until),
              named(commonName),
              of.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
      if (!hosts.isEmpty()) {
        builder.addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(
                hosts.stream().map(TestAuthority::nameOf).toArray(GeneralName[]::new)));
      }
      return new JcaX509CertificateConverter()
          .getCertificate(builder.build(signer(pair.getPrivate())));
    } catch (IOException | OperatorCreationException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static X500Name named(String commonName) {
    return new X500Name("CN=" + commonName);
  }

  private static GeneralName nameOf(String host) {
    boolean address = CertificateNames.isAddress(host);
    return new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, host);
  }

  private static ContentSigner signer(PrivateKey key) throws OperatorCreationException {
    return new JcaContentSignerBuilder("SHA256withECDSA").build(key);
  }

  static KeyPair newPair(String algorithm) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
      if (!algorithm.equals("Ed25519")) {
        generator.initialize(algorithm.equals("EC") ? 256 : 2048);
      }
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static void write(Path file, Object object) {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(object);
      writer.flush();
      Files.writeString(file, text.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
