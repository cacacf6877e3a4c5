package io.carillon.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * What RFC 6455 says of a client's bytes, in the plainest way: all of them at hand, one frame after
 * the other, slowly.
 */
final class FrameOracle {
  private static final HexFormat HEX = HexFormat.of();

  private FrameOracle() {}

  /** The events that the bytes make, in the spelling of {@link RecordingSink}. */
  static List<String> events(byte[] bytes, int maxMessageBytes) {
    List<String> events = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    int kind = 0;
    while (in.remaining() >= 2) {
      int first = in.get() & 0xff;
      int second = in.get() & 0xff;
      boolean masked = second >= 128;
      int form = second % 128;
      int more = (form == 126 ? 2 : form == 127 ? 8 : 0) + (masked ? 4 : 0);
      if (in.remaining() < more) {
        return events;
      }
      long length = form == 126 ? in.getShort() & 0xffff : form == 127 ? in.getLong() : form;
      byte[] key = new byte[4];
      if (masked) {
        in.get(key);
      }
      boolean last = first >= 128;
      int reserved = first / 16 % 8;
      int opcode = first % 16;
      boolean control = opcode >= 8;
      boolean known = List.of(0, 1, 2, 8, 9, 10).contains(opcode);
      boolean shortest = form < 126 || (form == 126 ? length >= 126 : length >= 65536);
      boolean continues = opcode == 0;
      if (reserved != 0
          || !masked
          || !known
          || (control && (!last || form > 125))
          || (!control && (!shortest || continues != (kind != 0)))) {
        events.add("violation 1002");
        return events;
      }
      if (!control && length > maxMessageBytes - message.size()) {
        events.add("violation 1009");
        return events;
      }
      byte[] payload = new byte[(int) Math.min(in.remaining(), length)];
      in.get(payload);
      for (int i = 0; i < payload.length; i++) {
        payload[i] ^= key[i % 4];
      }
      boolean whole = payload.length == length;
      if (!control) {
        kind = continues ? kind : opcode;
        message.writeBytes(payload);
        if (kind == 1 && !isText(message.toByteArray(), whole && last)) {
          events.add("violation 1007");
          return events;
        }
      }
      if (!whole) {
        return events;
      }
      if (control) {
        events.add(
            opcode == 9
                ? "ping " + HEX.formatHex(payload)
                : opcode == 10 ? "pong" : "close " + HEX.formatHex(payload));
        if (opcode == 8) {
          return events;
        }
      } else if (last) {
        byte[] all = message.toByteArray();
        events.add((kind == 1 ? "text " : "binary ") + HEX.formatHex(all));
        message.reset();
        kind = 0;
      }
    }
    return events;
  }

  /** Whether the bytes are text, or where more are to come, can become text. */
  private static boolean isText(byte[] bytes, boolean complete) {
    ByteBuffer in = ByteBuffer.wrap(Arrays.copyOf(bytes, bytes.length));
    return !UTF_8
        .newDecoder()
        .decode(in, CharBuffer.allocate(bytes.length + 1), complete)
        .isError();
  }
}
