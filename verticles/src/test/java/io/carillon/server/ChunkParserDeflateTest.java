package io.carillon.server;

/** The same compressed messages, which go on in chunks. */
class ChunkParserDeflateTest extends DeflateTest {
  @Override
  FrameParser parser(RecordingSink to, int max, Inflation inflation) {
    to.maxStreamBytes = max;
    return new ChunkParser(to, 1, inflation);
  }

  /** Not here: nothing is kept, but in this sink. */
  @Override
  void bombCostsNoMoreThanTheLimit() {}
}
