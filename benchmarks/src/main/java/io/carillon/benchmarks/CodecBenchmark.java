package io.carillon.benchmarks;

import io.carillon.codec.Codec;
import io.carillon.codec.Encodings;
import io.carillon.codec.Payload;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A typical chat message to a payload and back, in each of the server's encodings. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CodecBenchmark {
  /** In which form. */
  @Param({"JSON", "CBOR", "MESSAGE_PACK"})
  public Encodings encoding = Encodings.JSON;

  private final Said said =
      new Said("lobby", "ada", 1_763_712_000_000L, "How do you do? I have not seen you for ages.");
  private Codec<Said> codec = Encodings.JSON.codec(Said.class);
  private Payload payload = Payload.text("");

  /** Chooses the codec. */
  @Setup
  public void choose() {
    codec = encoding.codec(Said.class);
    payload = codec.encode(said);
    System.out.println("# payload: " + payload.size() + " bytes");
  }

  /** To bytes. */
  @Benchmark
  public byte[] encode() {
    return codec.encode(said).bytes();
  }

  /** From bytes. */
  @Benchmark
  public Said decode() {
    return codec.decode(payload);
  }
}
