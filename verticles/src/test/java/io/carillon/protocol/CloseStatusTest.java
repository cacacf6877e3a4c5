package io.carillon.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.protocol.CloseStatus.Retry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CloseStatusTest {
  @Test
  void defaultReasonIsTheName() {
    assertThat(CloseStatus.OK.reason()).isEqualTo("Ok");
    assertThat(CloseStatus.GOING_AWAY.reason()).isEqualTo("GoingAway");
    assertThat(CloseStatus.PROTOCOL_ERROR.reason()).isEqualTo("ProtocolError");
    assertThat(CloseStatus.UNKNOWN_MESSAGE_TYPE.reason()).isEqualTo("UnknownMessageType");
    assertThat(CloseStatus.RESERVED.reason()).isEqualTo("Reserved");
    assertThat(CloseStatus.NO_STATUS_CODE.reason()).isEqualTo("NoStatusCode");
    assertThat(CloseStatus.ABNORMAL_CLOSE.reason()).isEqualTo("AbnormalClose");
    assertThat(CloseStatus.INVALID_DATA_TYPE.reason()).isEqualTo("InvalidDataType");
    assertThat(CloseStatus.POLICY_VIOLATION.reason()).isEqualTo("PolicyViolation");
    assertThat(CloseStatus.MESSAGE_TOO_LARGE.reason()).isEqualTo("MessageTooLarge");
    assertThat(CloseStatus.EXTENSION_REQUIRED.reason()).isEqualTo("ExtensionRequired");
    assertThat(CloseStatus.INTERNAL_SERVER_ERROR.reason()).isEqualTo("InternalServerError");
    assertThat(CloseStatus.RESTART.reason()).isEqualTo("Restart");
    assertThat(CloseStatus.AGAIN.reason()).isEqualTo("Again");
    assertThat(CloseStatus.TLS_FAILURE.reason()).isEqualTo("TlsFailure");
  }

  @ParameterizedTest
  @ValueSource(ints = {3000, 3999, 4000, 4999})
  void ownCodesAreTaken(int code) {
    CloseStatus status = CloseStatus.of(code, "own");
    assertThat(status.code()).isEqualTo(code);
    assertThat(status.reason()).isEqualTo("own");
  }

  @ParameterizedTest
  @CsvSource({
    "0, Status codes in the range 0-999 are not used",
    "999, Status codes in the range 0-999 are not used",
    "1000, Status codes in the range 1000-2999 are reserved for the WebSocket protocol",
    "2999, Status codes in the range 1000-2999 are reserved for the WebSocket protocol",
    "5000, Cannot create a status code outside the allowed range",
    "65536, Cannot create a status code outside the allowed range",
    "-1, Cannot create a status code outside the allowed range",
  })
  void codesThatAreNotOnesOwnAreRefused(int code, String message) {
    assertThatThrownBy(() -> CloseStatus.of(code, ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void constructorTakesNamedAndOwnCodesOnly() {
    assertThat(new CloseStatus(1000, "bye")).isEqualTo(CloseStatus.OK);
    assertThat(new CloseStatus(1015, "")).isEqualTo(CloseStatus.TLS_FAILURE);
    assertThatThrownBy(() -> new CloseStatus(1016, "")).hasMessageContaining("1000-2999");
    assertThatThrownBy(() -> new CloseStatus(999, "")).hasMessageContaining("0-999");
  }

  @Test
  void equalityComparesTheCodeOnly() {
    assertThat(CloseStatus.OK.withReason("done"))
        .isEqualTo(CloseStatus.OK)
        .hasSameHashCodeAs(CloseStatus.OK)
        .isNotEqualTo(CloseStatus.GOING_AWAY.withReason("done"));
  }

  @Test
  void longestReasonIsTakenWhole() {
    String reason = "x".repeat(123);
    assertThat(new CloseStatus(1000, reason).reason()).isEqualTo(reason);
    assertThat(CloseStatus.OK.withReason(reason).reason()).isEqualTo(reason);
  }

  @Test
  void constructorRefusesALongerReason() {
    assertThatThrownBy(() -> new CloseStatus(1000, "x".repeat(124)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("close reason too long: bytes=124, max=123");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "é", "€", "😀"})
  void factoriesCutAReasonAtACharacter(String character) {
    for (int shift = 0; shift < 5; shift++) {
      String reason = "-".repeat(shift) + character.repeat(200);
      String cut = CloseStatus.of(4000, reason).reason();
      assertThat(reason).startsWith(cut);
      assertThat(cut.getBytes(UTF_8)).hasSizeBetween(120, 123);
      assertThat((cut.length() - shift) % character.length()).isZero();
      assertThat(CloseStatus.OK.withReason(reason).reason()).isEqualTo(cut);
      assertThat(CloseStatus.fromHttp(500, reason).reason()).isEqualTo(cut);
    }
  }

  @Test
  void codesThatNeverGoOutAreSentAs1011() {
    for (int code : new int[] {1004, 1005, 1006, 1010, 1015}) {
      assertThat(new CloseStatus(code, "x").sendable()).isSameAs(CloseStatus.INTERNAL_SERVER_ERROR);
    }
    for (int code : new int[] {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 4000}) {
      CloseStatus status = new CloseStatus(code, "x");
      assertThat(status.sendable()).isSameAs(status);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "400, 1007", "422, 1007", "415, 1003", "413, 1009", "401, 4401", "403, 4403", "404, 4404",
    "409, 4409", "429, 4429", "503, 1013", "500, 1011", "501, 1011", "502, 1011", "504, 1011",
    "599, 1011", "100, 1008", "200, 1008", "302, 1008", "402, 1008", "410, 1008", "499, 1008",
  })
  void httpStatusBecomesACloseCode(int http, int code) {
    assertThat(CloseStatus.fromHttp(http).code()).isEqualTo(code);
    assertThat(CloseStatus.fromHttp(http, "taken").code()).isEqualTo(code);
    assertThat(CloseStatus.fromHttp(http, "taken").reason()).isEqualTo("taken");
    assertThat(CloseStatus.fromHttp(http, "")).isSameAs(CloseStatus.fromHttp(http));
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 99, 600})
  void numbersThatAreNoHttpStatusAreRefused(int status) {
    assertThatThrownBy(() -> CloseStatus.fromHttp(status))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("http status out of range: status=" + status + ", min=100, max=599");
  }

  @ParameterizedTest
  @CsvSource({
    "1007, 400", "1002, 400", "1003, 415", "1008, 403", "1009, 413", "1011, 500", "1012, 503",
    "1013, 503", "1001, 503", "1014, 502", "4400, 400", "4401, 401", "4403, 403", "4404, 404",
    "4409, 409", "4429, 429", "4499, 499", "1000, 404", "1005, 404", "1006, 404", "1010, 404",
    "1015, 404", "3000, 404", "4000, 404", "4399, 404", "4500, 404", "4999, 404",
  })
  void closeCodeBecomesAnHttpStatus(int code, int http) {
    assertThat(new CloseStatus(code, "").httpStatus()).isEqualTo(http);
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 403, 404, 409, 413, 415, 429, 500, 503})
  void httpStatusesOfTheTableComeBackAsThemselves(int http) {
    assertThat(CloseStatus.fromHttp(http).httpStatus()).isEqualTo(http);
  }

  @Test
  void codesThatAClientMaySendAreThoseOfRfc6455() {
    for (int code = -1; code <= 65536; code++) {
      boolean protocol = code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
      boolean own = code >= 3000 && code <= 4999;
      assertThat(CloseStatus.mayBeReceived(code)).as("%d", code).isEqualTo(protocol || own);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1000, NEVER",
    "1002, NEVER",
    "1003, NEVER",
    "1007, NEVER",
    "1008, NEVER",
    "1009, NEVER",
    "4000, NEVER",
    "4099, NEVER",
    "4403, NEVER",
    "4404, NEVER",
    "4409, NEVER",
    "4401, NEW_TOKEN",
    "1001, BACKOFF",
    "1005, BACKOFF",
    "1006, BACKOFF",
    "1011, BACKOFF",
    "1013, BACKOFF",
    "4429, BACKOFF",
    "4100, BACKOFF",
    "4402, BACKOFF",
    "4999, BACKOFF",
    "1012, AFTER_DELAY",
  })
  void retryIsTheTableOfTheProtocol(int code, Retry retry) {
    assertThat(new CloseStatus(code, "").retry()).isEqualTo(retry);
  }

  @Test
  void toStringHidesTheReason() {
    assertThat(CloseStatus.POLICY_VIOLATION.withReason("secret"))
        .hasToString("1008 PolicyViolation");
    assertThat(CloseStatus.of(4100, "secret")).hasToString("4100");
  }
}
