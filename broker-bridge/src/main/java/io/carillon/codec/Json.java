package io.carillon.codec;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON as people write it, in files. */
public final class Json {
  private static final ObjectReader COMMENTED =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
          .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .readerFor(new TypeReference<Map<String, @Nullable Object>>() {});

  private Json() {}

  /**
   * Reads one JSON object, in which {@code //} and {@code /* *}{@code /} comments and a comma
   * behind the last member are allowed.
   *
   * @throws IllegalArgumentException if it is no such object, or has a member twice; the text says
   *     line, column and reason, {@code not valid JSON: line=3, column=7, unexpected end}, and
   *     repeats nothing of what was read
   */
  public static JsonObject parseCommented(String text) {
    try {
      Map<String, @Nullable Object> members = COMMENTED.readValue(withoutMark(text));
      if (members == null) {
        throw new IllegalArgumentException("not valid JSON: line=1, column=1, no object");
      }
      return new JsonObject(members);
    } catch (JsonProcessingException e) {
      // The parser's own words repeat what was read, which may be a secret.
      JsonLocation at = e.getLocation();
      throw new IllegalArgumentException(
          "not valid JSON: line="
              + (at == null ? 1 : Math.max(1, at.getLineNr()))
              + ", column="
              + (at == null ? 1 : Math.max(1, at.getColumnNr()))
              + ", "
              + reason(e));
    }
  }

  /** Some editors begin a file with a byte order mark. */
  private static String withoutMark(String text) {
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }

  private static String reason(JsonProcessingException e) {
    String words = e.getOriginalMessage();
    if (e instanceof JsonEOFException) {
      return "unexpected end";
    }
    if (e instanceof StreamConstraintsException) {
      return "too deep or too long";
    }
    if (e instanceof MismatchedInputException) {
      return words.startsWith("Trailing token") ? "text behind the object" : "no object";
    }
    if (words.startsWith("Duplicate field")) {
      return "the key is there twice";
    }
    return words.startsWith("Unrecognized token")
        ? "unknown word, or text without quotes"
        : "unexpected character";
  }
}
