package io.carillon.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.broker.Topic;
import io.vertx.core.buffer.Buffer;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BucketsTest {
  /** Nodes of different versions must agree on these for ever. */
  @ParameterizedTest
  @CsvSource({
    "/, 3514",
    "/listen, 56063",
    "/rooms/lobby, 13503",
    "/rooms/lobby?lang=de, 45395",
    "/r%C3%A4ume/~ann, 23060",
    "/.session/4711, 49961",
  })
  void theBucketOfATopicNeverChanges(String topic, int bucket) {
    assertThat(Buckets.of(new Topic(topic))).isEqualTo(bucket);
  }

  @Test
  void topicsSpreadOverTheBuckets() {
    Set<Integer> used =
        IntStream.range(0, 10_000)
            .mapToObj(i -> Buckets.of(new Topic("/rooms/" + i)))
            .collect(Collectors.toSet());
    assertThat(used).allMatch(bucket -> bucket >= 0 && bucket < Buckets.COUNT);
    assertThat(used).hasSizeGreaterThan(9_000); // 9 276 is what pure chance gives
  }

  @Test
  void theFormOnTheBusIsTwoBytesForEachBucket() {
    Buffer encoded = Buckets.encode(new TreeSet<>(Set.of(0, 258, 65_535)));
    assertThat(HexFormat.of().formatHex(encoded.getBytes())).isEqualTo("00000102ffff");
  }

  @Test
  void aSetComesBackAsItWas() {
    BitSet buckets = new BitSet();
    buckets.set(0);
    buckets.set(32_767, 32_770);
    buckets.set(65_535);
    assertThat(Buckets.decode(Buckets.encode(buckets))).isEqualTo(buckets);
    assertThat(Buckets.list(Buckets.encode(buckets)))
        .containsExactly(0, 32_767, 32_768, 32_769, 65_535);
  }

  @Test
  void allBucketsComeBack() {
    BitSet all = new BitSet();
    all.set(0, Buckets.COUNT);
    assertThat(Buckets.decode(Buckets.encode(all))).isEqualTo(all);
  }

  @Test
  void halfABucketAtTheEndIsPassedOver() {
    assertThat(Buckets.list(Buffer.buffer(new byte[] {0, 7, 1}))).isEqualTo(List.of(7));
    assertThat(Buckets.list(Buffer.buffer())).isEmpty();
  }
}
