package io.holdfast.server.tls;

import io.holdfast.server.error.StartupException;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.TreeSet;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;

/**
 * An identity that a member signs itself, for {@code --auto-tls} and {@code --peer-auto-tls}: kept
 * in a directory of its own, so that it stays the same from start to start until it has expired.
 *
 * @param directory made when it is needed, with mode 0700
 * @param hosts names and addresses that the certificate is for
 */
public record SelfSigned(Path directory, List<String> hosts) {
  private static final String CERTIFICATE = "cert.pem";
  private static final String KEY = "key.pem";
  private static final int SERIAL_BITS = 127;
  private static final Duration DAY = Duration.ofDays(1);

  public SelfSigned {
    hosts = List.copyOf(new TreeSet<>(hosts));
  }

  /** The files; written anew when they are not there, not good any more, or for other hosts. */
  KeyFiles ensure(int years) {
    KeyFiles files = new KeyFiles(directory.resolve(CERTIFICATE), directory.resolve(KEY));
    if (!isGood(files)) {
      write(files, years);
    }
    return files;
  }

  private boolean isGood(KeyFiles files) {
    if (!Files.exists(files.certificate()) || !Files.exists(files.key())) {
      return false;
    }
    var certificate = Identity.read(files).chain().get(0);
    try {
      certificate.checkValidity();
    } catch (CertificateException expired) {
      return false;
    }
    CertificateNames names = new CertificateNames(certificate);
    return hosts.stream().allMatch(names::covers);
  }

  private void write(KeyFiles files, int years) {
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      KeyPair pair = generator.generateKeyPair();
      write(files.key(), new PemObject("PRIVATE KEY", pair.getPrivate().getEncoded()));
      write(files.certificate(), signed(pair, years));
    } catch (IOException | GeneralSecurityException | OperatorCreationException failed) {
      throw new StartupException(
          "cannot make a self-signed certificate in " + directory + ": " + failed.getMessage(),
          failed);
    }
  }

  private Object signed(KeyPair pair, int years) throws IOException, OperatorCreationException {
    X500Name name = new X500Name("O=holdfast");
    Instant now = Instant.now();
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            name,
            new BigInteger(SERIAL_BITS, new SecureRandom()),
            Date.from(now.minus(DAY)),
            Date.from(now.plus(DAY.multipliedBy(365L * years))),
            name,
            pair.getPublic());
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
    builder.addExtension(
        Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyCertSign));
    builder.addExtension(
        Extension.extendedKeyUsage,
        false,
        new ExtendedKeyUsage(
            new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
    builder.addExtension(
        Extension.subjectAlternativeName,
        false,
        new GeneralNames(hosts.stream().map(SelfSigned::nameOf).toArray(GeneralName[]::new)));
    return builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()));
  }

  private static GeneralName nameOf(String host) {
    return new GeneralName(
        CertificateNames.isAddress(host) ? GeneralName.iPAddress : GeneralName.dNSName, host);
  }

  private static void write(Path file, Object object) throws IOException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(object);
    }
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, text.toString(), StandardCharsets.US_ASCII);
  }
}
