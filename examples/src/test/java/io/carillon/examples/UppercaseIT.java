package io.carillon.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class UppercaseIT {
  private static final String JOHN = "/api/uppercase_ws?name=John+Doe&age=30";
  private static final String GREETING = "{\"Uppercase\":\"Hello!\"}";
  private static Node node;

  @BeforeAll
  static void start() throws Exception {
    node = Node.of(UppercaseVerticle.class);
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  @Test
  void whoJoinsIsGreeted() throws Exception {
    assertThat(node.join(JOHN).text()).isEqualTo(GREETING);
  }

  @Test
  void textsComeBackInUpperCaseAndInOrder() throws Exception {
    Client john = node.join(JOHN);
    john.send("{\"TextInput\":\"abc\"}");
    john.send("{\"TextInput\":\"Straße 7\"}");
    john.send("{ \"TextInput\" : \"\" }");
    assertThat(john.text()).isEqualTo(GREETING);
    assertThat(john.text()).isEqualTo("{\"Uppercase\":\"ABC\"}");
    assertThat(john.text()).isEqualTo("{\"Uppercase\":\"STRAßE 7\"}");
    assertThat(john.text()).isEqualTo("{\"Uppercase\":\"\"}");
  }

  @Test
  void nobodyElseHearsTheAnswer() throws Exception {
    Client john = node.join(JOHN);
    Client other = node.join(JOHN);
    john.send("{\"TextInput\":\"abc\"}");
    assertThat(john.text()).isEqualTo(GREETING);
    assertThat(john.text()).isEqualTo("{\"Uppercase\":\"ABC\"}");
    other.send("{\"TextInput\":\"xyz\"}");
    assertThat(other.text()).isEqualTo(GREETING);
    assertThat(other.text()).isEqualTo("{\"Uppercase\":\"XYZ\"}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "?name=John&age=30",
        "?age=30&name=John",
        "?name=&age=-1",
        "?more=of+this&name=John&age=2147483647",
      })
  void bothParametersAreThereInAnyOrder(String query) throws Exception {
    assertThat(node.join("/api/uppercase_ws" + query).text()).isEqualTo(GREETING);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "?age=30 | query parameter missing: name",
        "?name=John | query parameter missing: age",
        "'' | query parameter missing: name",
        "?Name=John&age=30 | query parameter missing: name",
        "?name=John&age=old | query parameter must be a whole number of 32 bits: name=age",
        "?name=John&age= | query parameter must be a whole number of 32 bits: name=age",
        "?name=John&age=1.5 | query parameter must be a whole number of 32 bits: name=age",
        "?name=John&age=2147483648 | query parameter must be a whole number of 32 bits: name=age",
      })
  void aParameterThatIsMissingOrWrongIsNamedAheadOfTheUpgrade(String query, String error) {
    HttpResponse<?> answer = Client.refused(node.port(), "/api/uppercase_ws" + query);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/json");
    assertThat(answer.body()).isEqualTo("{\"status\":400,\"error\":\"" + error + "\"}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "abc",
        "{\"Uppercase\":\"secret\"}",
        "{\"TextInput\":7}",
        "{\"TextInput\":\"secret\"",
        "{\"TextInput\":\"a\",\"More\":\"secret\"}",
      })
  void whatIsNoEventEndsThatClientOnly(String message) throws Exception {
    Client john = node.join(JOHN);
    Client other = node.join(JOHN);
    john.send(message);
    assertThat(john.text()).isEqualTo(GREETING);
    Client.Closed end = john.closed();
    assertThat(end.code()).isEqualTo(1007);
    assertThat(end.reason()).isNotEmpty().doesNotContain("secret");

    other.send("{\"TextInput\":\"abc\"}");
    assertThat(other.text()).isEqualTo(GREETING);
    assertThat(other.text()).isEqualTo("{\"Uppercase\":\"ABC\"}");
  }
}
