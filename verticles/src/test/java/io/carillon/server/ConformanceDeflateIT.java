package io.carillon.server;

/** The rules of RFC 6455 hold as well where permessage-deflate was agreed. */
class ConformanceDeflateIT extends ConformanceIT {
  @Override
  Request request() {
    return Request.upgrade("/echo").plus("Sec-WebSocket-Extensions", "permessage-deflate");
  }
}
