package io.carillon.codec;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** How Jackson's tokens become bytes and back. */
interface Format {
  Format JACKSON = new OfJackson();
  Format MESSAGE_PACK = new OfMessagePack();

  /** Reads exactly one value; null where that is a null. */
  @Nullable Object read(ObjectReader reader, byte[] bytes) throws IOException;

  /** Writes a value. */
  byte[] write(ObjectWriter writer, Object value) throws IOException;

  /** A parser in front of the first token. */
  JsonParser parser(ObjectMapper mapper, byte[] bytes) throws IOException;

  /** Writes what is behind the parser's current token. */
  byte[] copy(ObjectMapper mapper, JsonParser from) throws IOException;

  /** A format that Jackson has a parser and a generator for. */
  final class OfJackson implements Format {
    @Override
    public @Nullable Object read(ObjectReader reader, byte[] bytes) throws IOException {
      return reader.<@Nullable Object>readValue(bytes);
    }

    @Override
    public byte[] write(ObjectWriter writer, Object value) throws IOException {
      return writer.writeValueAsBytes(value);
    }

    @Override
    public JsonParser parser(ObjectMapper mapper, byte[] bytes) throws IOException {
      return mapper.createParser(bytes);
    }

    @Override
    public byte[] copy(ObjectMapper mapper, JsonParser from) throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (JsonGenerator to = mapper.createGenerator(bytes)) {
        from.nextToken();
        to.copyCurrentStructure(from);
      }
      return bytes.toByteArray();
    }
  }

  /** MessagePack, by way of a buffer of tokens: it needs to know the size of a map beforehand. */
  final class OfMessagePack implements Format {
    @Override
    public @Nullable Object read(ObjectReader reader, byte[] bytes) throws IOException {
      try (TokenBuffer tokens = new MessagePackReader(bytes).read()) {
        return reader.<@Nullable Object>readValue(tokens.asParser());
      }
    }

    @Override
    public byte[] write(ObjectWriter writer, Object value) throws IOException {
      try (TokenBuffer tokens = new TokenBuffer(null, false)) {
        writer.writeValue(tokens, value);
        return MessagePackWriter.write(tokens);
      } catch (StackOverflowError e) {
        throw new IOException(
            "nested without end", e); // a buffer of tokens has no limit of its own
      }
    }

    @Override
    public JsonParser parser(ObjectMapper mapper, byte[] bytes) throws IOException {
      return new MessagePackReader(bytes).read().asParser();
    }

    @Override
    public byte[] copy(ObjectMapper mapper, JsonParser from) throws IOException {
      try (TokenBuffer tokens = new TokenBuffer(null, false)) {
        from.nextToken();
        tokens.copyCurrentStructure(from);
        return MessagePackWriter.write(tokens);
      }
    }
  }
}
