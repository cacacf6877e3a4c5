package io.carillon.server;

import io.carillon.channel.ChunkQueue;
import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Writes down what a parser finds. */
final class RecordingSink implements ChunkParser.Sink {
  private static final HexFormat HEX = HexFormat.of();

  final List<String> events = new ArrayList<>();
  final List<CloseStatus> violations = new ArrayList<>();
  BooleanSupplier full = () -> false;

  /** Largest message that is taken in chunks, and written down when it is whole; 0 for none. */
  long maxStreamBytes;

  @Override
  public void onMessage(Payload payload) {
    events.add((payload.isText() ? "text " : "binary ") + HEX.formatHex(payload.bytes()));
  }

  @Override
  public long maxStreamBytes() {
    return maxStreamBytes;
  }

  @Override
  public ChunkQueue onStream(boolean text) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    ChunkQueue message = new ChunkQueue(text, taken -> {});
    message
        .endHandler(
            end ->
                onMessage(
                    text ? Payload.textOf(all.toByteArray()) : Payload.binary(all.toByteArray())))
        .handler(chunk -> all.writeBytes(chunk.getBytes()));
    return message;
  }

  @Override
  public void onChunk(ChunkQueue message, byte[] chunk) {
    message.add(Buffer.buffer(chunk));
  }

  @Override
  public void onPing(byte[] payload) {
    events.add("ping " + HEX.formatHex(payload));
  }

  @Override
  public void onPong(byte[] payload) {
    events.add("pong");
  }

  @Override
  public void onClose(byte[] payload) {
    events.add("close " + HEX.formatHex(payload));
  }

  @Override
  public void onViolation(CloseStatus status) {
    events.add("violation " + status.code());
    violations.add(status);
  }

  @Override
  public boolean isFull() {
    return full.getAsBoolean();
  }
}
