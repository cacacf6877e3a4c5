package io.carillon.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

/** A certificate that nobody vouches for, made with the JDK's own keytool. */
final class Certificate {
  private static final String PASSWORD = "not a secret";

  private Certificate() {}

  /** The files of a certificate and of its key, in PEM. */
  static List<String> make() throws IOException, InterruptedException, GeneralSecurityException {
    Path folder = Files.createTempDirectory("carillon-tls");
    Path store = folder.resolve("store.p12");
    List<String> command =
        List.of(
            Jvm.ownHome().resolve("bin").resolve("keytool").toString(),
            "-genkeypair",
            "-keyalg",
            "EC",
            "-groupname",
            "secp256r1",
            "-dname",
            "CN=localhost",
            "-alias",
            "bench",
            "-storetype",
            "PKCS12",
            "-storepass",
            PASSWORD,
            "-keystore",
            store.toString());
    int status =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
    if (status != 0) {
      throw new IOException("keytool failed: status=" + status);
    }
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    byte[] certificate = keys.getCertificate("bench").getEncoded();
    byte[] key = keys.getKey("bench", PASSWORD.toCharArray()).getEncoded();
    return List.of(
        pem(folder.resolve("certificate.pem"), "CERTIFICATE", certificate),
        pem(folder.resolve("key.pem"), "PRIVATE KEY", key));
  }

  private static String pem(Path file, String what, byte[] der) throws IOException {
    String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    Files.writeString(
        file,
        "-----BEGIN " + what + "-----\n" + lines + "\n-----END " + what + "-----\n",
        US_ASCII);
    return file.toString();
  }
}
