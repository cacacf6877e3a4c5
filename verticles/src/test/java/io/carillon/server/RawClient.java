package io.carillon.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/**
 * A WebSocket client by hand, on a plain socket: it shares no line with the server, sends any bytes
 * it is told to, and answers nothing by itself. What is awaited has to come within 5 s.
 */
final class RawClient implements AutoCloseable {
  static final int CONTINUATION = 0;
  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;

  private static final int PATIENCE_MILLIS = 5_000;

  private final Socket socket;
  private final InputStream in;
  private boolean mayDeflate;

  RawClient(Socket connected) throws IOException {
    socket = connected;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
    in = new BufferedInputStream(socket.getInputStream());
  }

  static InetSocketAddress address(int port) {
    return new InetSocketAddress("127.0.0.1", port);
  }

  /** A connection on which nothing has been said. */
  static RawClient open(int port) throws IOException {
    Socket socket = new Socket();
    socket.connect(address(port), PATIENCE_MILLIS);
    return new RawClient(socket);
  }

  /**
   * A connection with small buffers on this side, so that a server soon feels that we do not read.
   */
  static RawClient openNarrow(int port) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4096);
    socket.setSendBufferSize(4096);
    socket.connect(address(port), PATIENCE_MILLIS);
    return new RawClient(socket);
  }

  // ---- handshake

  /** Asks for an upgrade, which has to succeed. */
  RawClient upgrade(String uri) throws IOException {
    return upgrade(Request.upgrade(uri));
  }

  RawClient upgrade(Request request) throws IOException {
    Answer answer = ask(request);
    assertThat(answer.status()).as(answer.body()).isEqualTo(101);
    assertThat(answer.header("sec-websocket-accept")).containsExactly(Request.ACCEPT);
    mayDeflate = !answer.header("sec-websocket-extensions").isEmpty();
    return this;
  }

  Answer ask(Request request) throws IOException {
    send(request.bytes());
    return readAnswer();
  }

  Answer readAnswer() throws IOException {
    Answer head = readHead();
    List<String> length = head.header("content-length");
    byte[] body = length.isEmpty() ? new byte[0] : readBytes(Integer.parseInt(length.get(0)));
    return new Answer(head.status(), head.statusLine(), head.headers(), new String(body, UTF_8));
  }

  /** Reads an answer that has no body, whatever its length says. */
  Answer readHead() throws IOException {
    String statusLine = readLine();
    List<String> headers = new ArrayList<>();
    for (String line = readLine(); !line.isEmpty(); line = readLine()) {
      headers.add(line);
    }
    return new Answer(Integer.parseInt(statusLine.split(" ", 3)[1]), statusLine, headers, "");
  }

  private String readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = readByte(); b != '\n'; b = readByte()) {
      if (b != '\r') {
        line.write(b);
      }
    }
    return line.toString(ISO_8859_1);
  }

  // ---- out

  RawClient send(byte[]... parts) throws IOException {
    socket.getOutputStream().write(concat(parts));
    socket.getOutputStream().flush();
    return this;
  }

  RawClient sendText(String text) throws IOException {
    return send(frame(TEXT, text));
  }

  RawClient sendBinary(byte[] bytes) throws IOException {
    return send(frame(BINARY, bytes));
  }

  RawClient sendPing(String payload) throws IOException {
    return send(frame(PING, payload));
  }

  RawClient sendClose(int code, String reason) throws IOException {
    return send(frame(CLOSE, closeBody(code, reason)));
  }

  /** A whole compressed message, without a look back at earlier ones. */
  static byte[] deflated(int opcode, byte[] message) {
    return frame(0xc0 | opcode, deflate(new Deflater(9, true), message), true);
  }

  /** What RFC 7692, section 7.2.1, makes of a message. */
  static byte[] deflate(Deflater deflater, byte[] message) {
    byte[] space = new byte[message.length + message.length / 100 + 100];
    deflater.setInput(message);
    int count = deflater.deflate(space, 0, space.length, Deflater.SYNC_FLUSH);
    byte[] out = Arrays.copyOf(space, count - 4);
    assertThat(Arrays.copyOfRange(space, count - 4, count)).isEqualTo(bytes(0, 0, 0xff, 0xff));
    return out;
  }

  /** A whole masked frame. */
  static byte[] frame(int opcode, byte[] payload) {
    return frame(0x80 | opcode, payload, true);
  }

  static byte[] frame(int opcode, String payload) {
    return frame(opcode, payload.getBytes(UTF_8));
  }

  /** A masked frame that more are to follow. */
  static byte[] part(int opcode, String payload) {
    return frame(opcode, payload.getBytes(UTF_8), true);
  }

  /** A frame with any first byte, masked or not. */
  static byte[] frame(int first, byte[] payload, boolean masked) {
    byte[] key = new byte[4];
    ThreadLocalRandom.current().nextBytes(key);
    byte[] body = payload.clone();
    if (masked) {
      for (int i = 0; i < body.length; i++) {
        body[i] ^= key[i % 4];
      }
    }
    return concat(head(first, payload.length, masked), masked ? key : new byte[0], body);
  }

  /** First byte and length in its shortest form, without the key. */
  static byte[] head(int first, long length, boolean masked) {
    int mask = masked ? 0x80 : 0;
    if (length < 126) {
      return bytes(first, mask | (int) length);
    }
    if (length < 65536) {
      return bytes(first, mask | 126, (int) length >> 8, (int) length);
    }
    return concat(bytes(first, mask | 127), longBytes(length));
  }

  static byte[] longBytes(long value) {
    byte[] eight = new byte[8];
    for (int i = 0; i < 8; i++) {
      eight[i] = (byte) (value >> (56 - 8 * i));
    }
    return eight;
  }

  static byte[] closeBody(int code, String reason) {
    return concat(bytes(code >> 8, code), reason.getBytes(UTF_8));
  }

  static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  // ---- in

  /** A frame of the server, inflated if it was deflated; the last of its message or not. */
  record Frame(int opcode, byte[] payload, boolean deflated, boolean last) {
    String text() {
      return new String(payload, UTF_8);
    }

    /** The code of a close frame; 0 for an empty one. */
    int code() {
      assertThat(opcode).as("opcode of a frame with the payload %s", text()).isEqualTo(CLOSE);
      return payload.length == 0 ? 0 : (payload[0] & 0xff) << 8 | (payload[1] & 0xff);
    }

    String reason() {
      return payload.length == 0 ? "" : new String(payload, 2, payload.length - 2, UTF_8);
    }
  }

  /** The next frame, whole, unmasked, and without a reserved bit for which nothing was agreed. */
  Frame read() throws IOException {
    Frame frame = readPart();
    assertThat(frame.last()).as("final").isTrue();
    return frame;
  }

  /** As above, of a message that may come in several frames. */
  Frame readPart() throws IOException {
    int first = readByte();
    int second = readByte();
    boolean deflated = mayDeflate && (first & 0x48) == 0x40;
    assertThat(first & 0x70).as("nothing reserved").isEqualTo(deflated ? 0x40 : 0);
    assertThat(second & 0x80).as("not masked").isZero();
    long length = second;
    if (second == 126) {
      length = number(2);
      assertThat(length).as("shortest form").isGreaterThan(125);
    } else if (second == 127) {
      length = number(8);
      assertThat(length).as("shortest form").isGreaterThan(65535);
    }
    byte[] payload = readBytes((int) length);
    return new Frame(
        first & 0xf, deflated ? inflate(payload) : payload, deflated, (first & 0x80) != 0);
  }

  /** A message that comes in several frames, with nothing in between. */
  Frame readParts() throws IOException {
    return readParts(readPart());
  }

  /** The rest of a message whose first frame is this. */
  Frame readParts(Frame first) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    Frame part = first;
    all.writeBytes(part.payload());
    while (!part.last()) {
      assertThat(part.payload().length)
          .as("bytes of a frame that is not the last")
          .isGreaterThanOrEqualTo(4096);
      part = readPart();
      assertThat(part.opcode()).isEqualTo(CONTINUATION);
      all.writeBytes(part.payload());
    }
    return new Frame(first.opcode(), all.toByteArray(), false, true);
  }

  /** Each message by itself: the server must not look back. */
  private static byte[] inflate(byte[] payload) throws IOException {
    return new InflaterInputStream(
            new ByteArrayInputStream(concat(payload, bytes(0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff))),
            new Inflater(true))
        .readAllBytes();
  }

  /** The text of the next frame. */
  String readText() throws IOException {
    Frame frame = read();
    assertThat(frame.opcode()).as("opcode, reason=" + frame.text()).isEqualTo(TEXT);
    return frame.text();
  }

  byte[] readBinary() throws IOException {
    Frame frame = read();
    assertThat(frame.opcode()).isEqualTo(BINARY);
    return frame.payload();
  }

  /** The next frame, which closes. */
  Frame readClose() throws IOException {
    Frame frame = read();
    frame.code();
    return frame;
  }

  /** Reads what still comes, up to the close frame. */
  Frame skipToClose() throws IOException {
    Frame frame = read();
    while (frame.opcode() != CLOSE) {
      frame = read();
    }
    return frame;
  }

  /** The server has shut its side in an orderly way, and nothing was sent before. */
  void readEnd() throws IOException {
    assertThat(in.read()).as("end of what the server sends").isEqualTo(-1);
  }

  /** Nothing comes for a fifth of a second, and no end either. */
  void readNothingYet() throws IOException {
    socket.setSoTimeout(200);
    try {
      fail("read instead of nothing: " + in.read());
    } catch (SocketTimeoutException stillOpen) {
      socket.setSoTimeout(PATIENCE_MILLIS);
    }
  }

  /** Whether the connection ends, in whatever way, before so much time has passed. */
  boolean endsWithin(int millis) throws IOException {
    socket.setSoTimeout(millis);
    try {
      return in.read() < 0;
    } catch (SocketTimeoutException stillOpen) {
      return false;
    } catch (IOException reset) {
      return true;
    } finally {
      socket.setSoTimeout(PATIENCE_MILLIS);
    }
  }

  /** The connection is over, in whatever way, and nothing was sent before. */
  void readEndOrReset() {
    try {
      assertThat(in.read()).as("end of what the server sends").isEqualTo(-1);
    } catch (SocketTimeoutException e) {
      throw new AssertionError("the connection is still open", e);
    } catch (IOException reset) {
      // as good as an end
    }
  }

  /** What still comes until the connection ends, in whatever way. */
  String readRest() {
    ByteArrayOutputStream rest = new ByteArrayOutputStream();
    try {
      for (int b = in.read(); b >= 0; b = in.read()) {
        rest.write(b);
      }
    } catch (SocketTimeoutException e) {
      throw new AssertionError("the connection is still open", e);
    } catch (IOException reset) {
      // as good as an end
    }
    return rest.toString(ISO_8859_1);
  }

  /** Everything sent before was seen, since a ping behind it was answered. */
  RawClient pingPong() throws IOException {
    String payload = Long.toString(ThreadLocalRandom.current().nextLong());
    sendPing(payload);
    Frame pong = read();
    assertThat(pong.opcode()).isEqualTo(PONG);
    assertThat(pong.text()).isEqualTo(payload);
    return this;
  }

  private long number(int size) throws IOException {
    long value = 0;
    for (int i = 0; i < size; i++) {
      value = value << 8 | readByte();
    }
    return value;
  }

  private int readByte() throws IOException {
    int b = in.read();
    if (b < 0) {
      throw new EOFException("the server has closed the connection");
    }
    return b;
  }

  private byte[] readBytes(int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException("the server has closed the connection in the middle");
    }
    return bytes;
  }

  Socket socket() {
    return socket;
  }

  /** Goes without a word. */
  @Override
  public void close() throws IOException {
    socket.close();
  }

  /** Goes with a reset. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }
}
