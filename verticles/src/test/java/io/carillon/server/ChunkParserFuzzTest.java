package io.carillon.server;

/** The same random clients, whose messages go on in chunks. */
class ChunkParserFuzzTest extends FrameParserFuzzTest {
  @Override
  FrameParser parser(RecordingSink to) {
    to.maxStreamBytes = MAX;
    return new ChunkParser(to, 1, null);
  }
}
