package io.carillon.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carillon.config.Settings;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Where keys come from: a secret in the settings, or a file with a secret, a public key or a set of
 * keys.
 */
record KeySource(
    Optional<Path> file,
    Optional<String> secret,
    Optional<String> id,
    Optional<Algorithm> algorithm) {
  private static final long MAX_FILE_BYTES = 1 << 20;

  /** Reads {@code jwt.secret}, which has a key of its own so that it can be in the environment. */
  static Optional<KeySource> secret(Settings settings) {
    Optional<KeySource> source =
        settings
            .secret("jwt.secret")
            .map(
                secret ->
                    new KeySource(
                        Optional.empty(), Optional.of(secret), Optional.empty(), Optional.empty()));
    source.ifPresent(one -> one.check(settings, "jwt.secret"));
    return source;
  }

  /**
   * Reads an element of {@code jwt.keys}.
   *
   * @throws IllegalArgumentException if there is no key in it; the text names the setting
   */
  static KeySource from(Settings entry) {
    KeySource source =
        new KeySource(
            entry.path("file"),
            entry.secret("secret"),
            entry.string("id"),
            entry
                .string("algorithm")
                .map(
                    name ->
                        Algorithm.of(name)
                            .orElseThrow(() -> entry.refuse("algorithm", "one of RFC 7518"))));
    if (source.file.isPresent() == source.secret.isPresent()) {
      throw entry.refuse("file", "given where secret is not, and only there");
    }
    source.check(entry, source.file.isPresent() ? "file" : "secret");
    return source;
  }

  private void check(Settings settings, String key) {
    try {
      load();
    } catch (IOException e) {
      throw settings.refuse(key, "a readable file");
    } catch (IllegalArgumentException e) {
      throw settings.refuse(key, "a key for tokens (" + e.getMessage() + ")");
    }
  }

  /**
   * Reads the keys. Blocks.
   *
   * @throws IllegalArgumentException if what is there is no key
   */
  List<JwtKey> load() throws IOException {
    if (file.isEmpty()) {
      return List.of(secretKey(secret.orElseThrow().getBytes(UTF_8)));
    }
    if (Files.size(file.get()) > MAX_FILE_BYTES) {
      throw new IllegalArgumentException("the file has more than " + MAX_FILE_BYTES + " bytes");
    }
    byte[] bytes = Files.readAllBytes(file.get());
    if (algorithm.filter(Algorithm::isSymmetric).isPresent()) {
      return List.of(secretKey(withoutLineEnd(bytes)));
    }
    String text = new String(bytes, UTF_8);
    return text.stripLeading().startsWith("{")
        ? set(text)
        : List.of(JwtKey.of(id, algorithm, Pem.publicKey(text)));
  }

  private JwtKey secretKey(byte[] bytes) {
    return JwtKey.secret(id, algorithm.orElse(Algorithm.HS256), bytes);
  }

  private List<JwtKey> set(String text) {
    if (id.isPresent() || algorithm.isPresent()) {
      throw new IllegalArgumentException("a key set says ids and algorithms itself");
    }
    try {
      return JwkSet.read(new JsonObject(text));
    } catch (DecodeException e) {
      throw new IllegalArgumentException("not JSON", e);
    }
  }

  /** Editors put one at the end, which is no part of the secret. */
  private static byte[] withoutLineEnd(byte[] bytes) {
    int length = bytes.length;
    while (length > 0 && (bytes[length - 1] == '\n' || bytes[length - 1] == '\r')) {
      length--;
    }
    return Arrays.copyOf(bytes, length);
  }

  /** The file, if it is one; never a secret. */
  @Override
  public String toString() {
    return file.map(Path::toString).orElse("a secret in the settings");
  }
}
