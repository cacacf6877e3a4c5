package io.carillon.server;

/** What holds for whole messages holds for those that go on in chunks. */
class ChunkParserTest extends FrameParserTest {
  @Override
  FrameParser parser(RecordingSink to, int max) {
    to.maxStreamBytes = max;
    return new ChunkParser(to, 1, null);
  }

  /** Not here: nothing grows, but in this sink. */
  @Override
  void growingMessageIsNotCopiedOftenerThanItDoubles() {}
}
