package io.carillon.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carillon.protocol.CloseStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CloseExceptionTest {
  @ParameterizedTest
  @CsvSource({
    "400, 1007",
    "401, 4401",
    "403, 4403",
    "404, 4404",
    "409, 4409",
    "413, 1009",
    "415, 1003",
    "418, 1008",
    "422, 1007",
    "429, 4429",
    "500, 1011",
    "503, 1013",
    "599, 1011"
  })
  void httpStatusKeepsItselfAndHasACloseCode(int http, int code) {
    CloseException failure = CloseException.http(http, "why");

    assertThat(failure.httpStatus()).isEqualTo(http);
    assertThat(failure.status().code()).isEqualTo(code);
    assertThat(failure.reason()).isEqualTo("why");
    assertThat(failure).hasMessage(code + " why");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 200, 302, 399, 600})
  void refusalMustBeAFailure(int http) {
    assertThatThrownBy(() -> CloseException.http(http, "why"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a refusal must be 400 to 599: httpStatus=" + http);
  }

  @ParameterizedTest
  @CsvSource({
    "1007, 400",
    "1003, 415",
    "1008, 403",
    "1009, 413",
    "1011, 500",
    "1013, 503",
    "4401, 401",
    "4409, 409",
    "4000, 404",
    "3000, 404"
  })
  void closeStatusHasTheNearestHttpStatus(int code, int http) {
    CloseException failure = new CloseException(new CloseStatus(code, "why"));

    assertThat(failure.httpStatus()).isEqualTo(http);
    assertThat(failure.status().code()).isEqualTo(code);
  }

  @Test
  void reasonIsTheDefaultWhereNoneIsGiven() {
    assertThat(CloseException.http(404, "").reason()).isEqualTo("NotFound");
  }

  @Test
  void wireCodeLeadsBack() {
    for (CloseException failure :
        new CloseException[] {
          CloseException.http(418, "why"),
          CloseException.http(503, "why"),
          new CloseException(CloseStatus.of(4000, "why")),
          new CloseException(CloseStatus.POLICY_VIOLATION.withReason("why"))
        }) {
      CloseException copy = CloseException.ofWire(failure.wireCode(), failure.reason());

      assertThat(copy.httpStatus()).isEqualTo(failure.httpStatus());
      assertThat(copy.status()).isEqualTo(failure.status());
      assertThat(copy.reason()).isEqualTo("why");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 12, 200, 399, 600, 999, 1016, 2999, 5000, Integer.MAX_VALUE})
  void wireCodeThatIsNoStatusIsAnInternalError(int code) {
    CloseException failure = CloseException.ofWire(code, "why");

    assertThat(failure.status().code()).isEqualTo(1011);
    assertThat(failure.reason()).isEqualTo("InternalServerError");
  }
}
