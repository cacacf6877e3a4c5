package io.carillon.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.carillon.broker.Topic;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Seeded; the oracle is a regular expression for the path and lists of pairs for the query. */
class UriPatternFuzzTest {
  private static final String[] SEGMENTS = {
    "a", "b", ".c", "websocket", "token", "%C3%A4", "a%2Fb"
  };
  private static final String[] PATTERN_SEGMENTS = {"a", "b", "websocket", "token", "%C3%A4", "*"};
  private static final String[] PAIRS = {"x=1", "x=2", "x", "y=%26+z", "y", "z=", "%78=1", ""};
  private static final String[] PARTS = {"x=1", "x=2", "y=%26%20z", "x", "y", "z?", "w?"};
  private static final String[] PIECES = {
    "/", "a", ":", ":a", ":b", "*", "**", "?", "&", "=", ".", "..", "%", "%41", "%2F", "#", "<",
    "ä", "\ud800", "\u0000", " "
  };

  @Test
  void matchAgreesWithTheOracle() {
    Random random = new Random(5);
    Map<Class<?>, Integer> seen = new HashMap<>();
    for (int round = 0; round < 30_000; round++) {
      UriPattern pattern = parseOrNull(pattern(random));
      if (pattern != null) {
        Topic topic = topic(random);
        Match match = pattern.match(topic);
        seen.merge(match.getClass(), 1, Integer::sum);
        assertThat(shown(match))
            .as("%s %s", pattern, topic.uri())
            .isEqualTo(oracle(pattern, topic));
      }
    }
    assertThat(seen.values()).hasSize(3).allMatch(count -> count > 200);
  }

  @Test
  void relationsAgreeWithMatching() {
    Random random = new Random(6);
    List<Topic> topics = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      topics.add(Topic.of(topic(random).path()));
    }
    for (int round = 0; round < 1000; round++) {
      UriPattern one = parseOrNull(path(random));
      UriPattern other = parseOrNull(path(random));
      if (one != null && other != null) {
        for (Topic topic : topics) {
          boolean inOne = one.match(topic) != Match.NONE;
          boolean inOther = other.match(topic) != Match.NONE;
          assertThat(one.overlaps(other)).as("%s %s", one, other).isIn(true, inOne && inOther);
          assertThat(one.covers(other) && inOther && !inOne).as("%s %s", one, other).isFalse();
        }
      }
    }
  }

  @Test
  void overlapOfShortPatternsHasAWitness() {
    List<Topic> all = allTopics();
    List<UriPattern> patterns = allPatterns();
    for (UriPattern one : patterns) {
      for (UriPattern other : patterns) {
        boolean witness = false;
        boolean counter = false;
        for (Topic topic : all) {
          boolean inOne = one.match(topic) != Match.NONE;
          boolean inOther = other.match(topic) != Match.NONE;
          witness |= inOne && inOther;
          counter |= inOther && !inOne;
        }
        assertThat(one.overlaps(other)).as("%s %s", one, other).isEqualTo(witness);
        assertThat(one.covers(other)).as("%s %s", one, other).isEqualTo(!counter);
      }
    }
  }

  @Test
  void anyTextIsAPatternOrRefusedWithAReason() {
    Random random = new Random(8);
    int accepted = 0;
    for (int round = 0; round < 30_000; round++) {
      StringBuilder text = new StringBuilder(random.nextInt(10) == 0 ? "" : "/");
      int size = random.nextInt(7);
      for (int i = 0; i < size; i++) {
        text.append(PIECES[random.nextInt(PIECES.length)]);
      }
      UriPattern pattern = parseOrNull(text.toString());
      if (pattern != null) {
        accepted++;
        assertThat(UriPattern.parse(pattern.toString())).as("%s", text).isEqualTo(pattern);
        assertThat(pattern.rank()).isBetween(-12, -1);
        assertThat(pattern.covers(pattern)).isTrue();
        assertThat(pattern.overlaps(pattern)).isTrue();
      }
    }
    assertThat(accepted).isGreaterThan(1500);
  }

  private static UriPattern parseOrNull(String text) {
    try {
      return UriPattern.parse(text);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).as(text).contains("pattern=" + text);
      return null;
    }
  }

  private static String pattern(Random random) {
    StringBuilder pattern = new StringBuilder(path(random));
    char separator = '?';
    for (int i = random.nextInt(3); i > 0; i--) {
      pattern.append(separator).append(PARTS[random.nextInt(PARTS.length)]);
      separator = '&';
    }
    return pattern.toString();
  }

  private static String path(Random random) {
    StringBuilder path = new StringBuilder("/");
    int size = random.nextInt(4);
    for (int i = 0; i < size; i++) {
      boolean named = random.nextInt(3) == 0;
      path.append(named ? ":p" + i : PATTERN_SEGMENTS[random.nextInt(PATTERN_SEGMENTS.length)]);
      path.append('/');
    }
    if (random.nextInt(4) == 0) {
      path.append(random.nextBoolean() ? "**" : ":rest**");
    }
    return path.toString();
  }

  private static Topic topic(Random random) {
    StringBuilder topic = new StringBuilder("/");
    for (int i = random.nextInt(5); i > 0; i--) {
      topic.append(SEGMENTS[random.nextInt(SEGMENTS.length)]).append('/');
    }
    char separator = '?';
    for (int i = random.nextInt(4); i > 0; i--) {
      topic.append(separator).append(PAIRS[random.nextInt(PAIRS.length)]);
      separator = '&';
    }
    return Topic.of(topic.toString());
  }

  private static List<Topic> allTopics() {
    List<String> segments = List.of("/a", "/b", "/other");
    List<Topic> all = new ArrayList<>(List.of(Topic.of("/")));
    for (String one : segments) {
      all.add(Topic.of(one));
      for (String two : segments) {
        all.add(Topic.of(one + two));
        segments.forEach(three -> all.add(Topic.of(one + two + three)));
      }
    }
    return all;
  }

  private static List<UriPattern> allPatterns() {
    List<String> segments = List.of("", "/a", "/b", "/*");
    List<UriPattern> all = new ArrayList<>();
    for (String one : segments) {
      for (String two : segments) {
        for (String rest : List.of("", "/**")) {
          all.add(UriPattern.parse("/" + one + two + rest));
        }
      }
    }
    return all;
  }

  private static String shown(Match match) {
    if (match instanceof Match.Missing missing) {
      return "missing " + missing.parameter();
    }
    if (match instanceof Match.Found found) {
      return found.params().names().stream()
          .map(name -> name + "=" + found.params().path(name))
          .toList()
          .toString();
    }
    return "none";
  }

  private static String oracle(UriPattern pattern, Topic topic) {
    String[] halves = pattern.toString().split("\\?", 2);
    Matcher path = expression(halves[0]).matcher(topic.path() + "/");
    boolean dynamic = halves[0].matches("/[:*].*");
    boolean own = topic.path().matches("/\\..*|/websocket/token/.+");
    if (!path.matches() || (dynamic && own)) {
      return "none";
    }
    String query = halves.length > 1 ? queryOracle(halves[1], pairs(topic)) : "";
    return query.isEmpty() ? values(halves[0], path) : query;
  }

  private static Pattern expression(String path) {
    StringBuilder expression = new StringBuilder("/");
    for (String segment : path.substring(1).split("/")) {
      if (segment.endsWith("**")) {
        expression.append("((?:[^/]+/)*)");
      } else if (segment.startsWith(":") || segment.equals("*")) {
        expression.append("([^/]+)/");
      } else if (!segment.isEmpty()) {
        expression.append(Pattern.quote(segment)).append("/");
      }
    }
    return Pattern.compile(expression.toString().replaceAll("^/$", "//?") + "/?");
  }

  private static String values(String path, Matcher matcher) {
    List<String> values = new ArrayList<>();
    int group = 1;
    for (String segment : path.substring(1).split("/")) {
      if (segment.startsWith(":")) {
        String value = matcher.group(group).replaceAll("/$", "");
        values.add(segment.replaceAll("[:*]", "") + "=" + decoded(value.replace("+", "%2B")));
      }
      group += segment.startsWith(":") || segment.startsWith("*") ? 1 : 0;
    }
    return values.toString();
  }

  private static String queryOracle(String query, List<List<String>> pairs) {
    List<String> parts = Arrays.asList(query.split("&"));
    for (String part : parts) {
      if (part.contains("=") && !pairs.contains(pair(part))) {
        return "none";
      }
    }
    for (String part : parts) {
      boolean required = part.matches("[a-z]+");
      if (required && pairs.stream().noneMatch(pair -> pair.get(0).equals(part))) {
        return "missing " + part;
      }
    }
    return "";
  }

  private static List<List<String>> pairs(Topic topic) {
    return Arrays.stream(topic.query().split("&"))
        .filter(part -> !part.isEmpty())
        .map(UriPatternFuzzTest::pair)
        .toList();
  }

  private static List<String> pair(String text) {
    String[] halves = text.split("=", 2);
    return List.of(decoded(halves[0]), halves.length > 1 ? decoded(halves[1]) : "");
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
