package io.carillon.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which media types are UTF-8 text. */
final class MediaTypes {
  private static final Pattern TEXT =
      Pattern.compile("text/.*|application/(json|xml|javascript)|.*\\+(json|xml)");

  private static final Pattern CHARSET = Pattern.compile(";\\s*charset\\s*=\\s*\"?([^\\s\";]+)");

  private MediaTypes() {}

  static boolean isText(String contentType) {
    String lower = contentType.toLowerCase(Locale.ROOT);
    Matcher charset = CHARSET.matcher(lower);
    if (charset.find()) {
      return charset.group(1).equals("utf-8") || charset.group(1).equals("us-ascii");
    }
    return TEXT.matcher(lower.split(";", 2)[0].trim()).matches();
  }

  static void requireUtf8(byte[] bytes) {
    try {
      UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("text must be UTF-8: bytes=" + bytes.length, e);
    }
  }
}
