package io.carillon.server;

import io.carillon.codec.Payload;
import io.carillon.protocol.CloseStatus;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Writes down what a parser finds. */
final class RecordingSink implements FrameParser.Sink {
  private static final HexFormat HEX = HexFormat.of();

  final List<String> events = new ArrayList<>();
  final List<CloseStatus> violations = new ArrayList<>();
  BooleanSupplier full = () -> false;

  @Override
  public void onMessage(Payload payload) {
    events.add((payload.isText() ? "text " : "binary ") + HEX.formatHex(payload.bytes()));
  }

  @Override
  public void onPing(byte[] payload) {
    events.add("ping " + HEX.formatHex(payload));
  }

  @Override
  public void onPong() {
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
