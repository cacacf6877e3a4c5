package io.carillon.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One text message to bytes, and from the bytes of a client. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FrameBenchmark implements FrameParser.Sink {
  private static final int MASKING_KEY = 0x37fa213d;

  /** The size of the payload, in bytes. */
  @Param({"128", "1024", "16384"})
  public int bytes;

  private final FrameParser parser = new FrameParser(this, 1 << 20, null);
  private Payload payload = Payload.text("");
  private ByteBuf received = ByteBufAllocator.DEFAULT.directBuffer();
  private @Nullable Payload message;

  /** Makes the message in both forms. */
  @Setup
  public void make() {
    byte[] text = "x".repeat(bytes).getBytes(US_ASCII);
    payload = Payload.textOf(text);
    byte[] masked = text.clone();
    Frames.mask(MASKING_KEY, 0, masked, 0, masked.length);
    received.writeByte(Frames.FIN | Frames.TEXT);
    received.writeByte(Frames.MASK | (bytes < Frames.LENGTH_16 ? bytes : Frames.LENGTH_16));
    if (bytes >= Frames.LENGTH_16) {
      received.writeShort(bytes);
    }
    received.writeInt(MASKING_KEY).writeBytes(masked);
  }

  /** Gives the bytes up. */
  @TearDown
  public void release() {
    received.release();
  }

  /** A frame from the pool with header and payload, and back to the pool. */
  @Benchmark
  public boolean encode() {
    return Frames.message(ByteBufAllocator.DEFAULT, payload).release();
  }

  /** Header, unmasking, UTF-8, and the message as an object. */
  @Benchmark
  public @Nullable Payload decode() {
    received.readerIndex(0);
    parser.parse(received);
    return message;
  }

  @Override
  public void onMessage(Payload whole) {
    message = whole;
  }

  @Override
  public void onPing(byte[] ping) {
    throw new IllegalStateException("a ping was never sent");
  }

  @Override
  public void onPong(byte[] payload) {
    throw new IllegalStateException("a pong was never sent");
  }

  @Override
  public void onClose(byte[] close) {
    throw new IllegalStateException("a close was never sent");
  }

  @Override
  public void onViolation(CloseStatus status) {
    throw new IllegalStateException("the frame is not well-formed: " + status);
  }

  @Override
  public boolean isFull() {
    return false;
  }
}
