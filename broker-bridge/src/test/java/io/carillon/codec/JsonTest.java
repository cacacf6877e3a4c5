package io.carillon.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonTest {
  @Test
  void commentsAndTrailingCommasAreAllowed() {
    String text =
        """
        // the server
        {
          "http": { /* where it
                       listens */
            "port": 8080, // of all things
          },
          "verticles": ["a.B", "http://not a comment",],
        }
        """;

    assertThat(Json.parseCommented(text))
        .isEqualTo(
            new JsonObject()
                .put("http", new JsonObject().put("port", 8080))
                .put("verticles", new JsonArray().add("a.B").add("http://not a comment")));
  }

  @Test
  void nestedObjectsAreVertxObjects() {
    JsonObject json = Json.parseCommented("{\"a\":{\"b\":[{\"c\":null}]}}");

    assertThat(json.getJsonObject("a").getJsonArray("b").getJsonObject(0).containsKey("c"))
        .isTrue();
  }

  @Test
  void byteOrderMarkIsPassedOver() {
    assertThat(Json.parseCommented("\uFEFF{}")).isEqualTo(new JsonObject());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "''                            | 1 | 1  | no object",
        "'// nothing here'             | 1 | 1  | no object",
        "'[1]'                         | 1 | 1  | no object",
        "'\"secret\"'                  | 1 | 1  | no object",
        "'null'                        | 1 | 1  | no object",
        "'{\"a\":1'                    | 1 | 7  | unexpected end",
        "'{\"a\":\"secret'             | 1 | 13 | unexpected end",
        "'{\"a\":1} {}'                | 1 | 9  | text behind the object",
        "'{\"a\":1,\n \"a\":2}'        | 2 | 5  | the key is there twice",
        "'{\"a\":{\"b\":1,\"b\":2}}'   | 1 | 16 | the key is there twice",
        "'{\n\n    \"a\": secret}'     | 3 | 16 | 'unknown word, or text without quotes'",
        "'{\n  secret: 1}'             | 2 | 3  | unexpected character",
        "'{\"a\" 1}'                   | 1 | 6  | unexpected character",
        "'{\"a\":1,,}'                 | 1 | 8  | unexpected character",
        "'{\"a\":0x17}'                | 1 | 7  | unexpected character",
      })
  void errorSaysLineColumnAndReasonOnly(String text, int line, int column, String reason) {
    assertThatThrownBy(() -> Json.parseCommented(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not valid JSON: line=" + line + ", column=" + column + ", " + reason)
        .hasNoCause();
  }

  @Test
  void deepNestingIsRefused() {
    String deep = "{\"a\":" + "[".repeat(5000) + "]".repeat(5000) + "}";

    assertThatThrownBy(() -> Json.parseCommented(deep))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("too deep or too long");
  }
}
