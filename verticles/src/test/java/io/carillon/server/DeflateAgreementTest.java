package io.carillon.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeflateAgreementTest {
  private static final String ANSWER = "permessage-deflate; server_no_context_takeover";

  private static @Nullable DeflateAgreement on(String offers) {
    return DeflateAgreement.on(ExtensionOffer.parse(List.of(offers)));
  }

  @ParameterizedTest
  @CsvSource({
    "'', '', true, 15",
    "; server_no_context_takeover, '', true, 15",
    "; client_no_context_takeover, ; client_no_context_takeover, false, 15",
    "; server_max_window_bits=15, ; server_max_window_bits=15, true, 15",
    "; server_max_window_bits=\"15\", ; server_max_window_bits=15, true, 15",
    "; client_max_window_bits, ; client_max_window_bits=12, true, 12",
    "; client_max_window_bits=15, ; client_max_window_bits=12, true, 12",
    "; client_max_window_bits=12, ; client_max_window_bits=12, true, 12",
    "; client_max_window_bits=11, ; client_max_window_bits=11, true, 11",
    "; client_max_window_bits=9, ; client_max_window_bits=9, true, 9",
    "; client_max_window_bits=8, '', true, 9",
    "; client_max_window_bits; client_no_context_takeover, ; client_no_context_takeover, false, 15",
  })
  void everyParameterIsAnswered(String offered, String answered, boolean takesOver, int bits) {
    assertThat(on("permessage-deflate" + offered))
        .isEqualTo(new DeflateAgreement(takesOver, bits, ANSWER + answered));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x-unknown",
        "permessage-deflate; nothing",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits=14",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=015",
        "permessage-deflate; server_max_window_bits=x",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=x",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=true",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=10"
      })
  void offerThatCannotBeTakenIsDeclinedAndTheNextOneLookedAt(String offer) {
    assertThat(on(offer)).isNull();
    assertThat(on(offer + ", permessage-deflate"))
        .isEqualTo(new DeflateAgreement(true, 15, ANSWER));
  }

  @Test
  void firstOfferThatCanBeTakenIs() {
    DeflateAgreement agreed =
        on("a, permessage-deflate; client_no_context_takeover, permessage-deflate");

    assertThat(agreed)
        .isEqualTo(new DeflateAgreement(false, 15, ANSWER + "; client_no_context_takeover"));
  }
}
