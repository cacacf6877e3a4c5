/**
 * What went wrong, for programs:
 * `closed` the topic ended (with `code` and `reason`) ·
 * `refused` the server did not let it in (`code` is its HTTP status) ·
 * `handshake` no connection, or none that speaks the protocol ·
 * `capacity` a queue is full · `expired` waited too long in the queue · `timeout` no answer in time ·
 * `request` the other side answered with a failure · `encode`, `decode` the codec failed ·
 * `unsupported` the server speaks only the base dialect.
 *
 * @typedef {'closed' | 'refused' | 'handshake' | 'capacity' | 'expired' | 'timeout' | 'request' | 'encode' | 'decode' | 'unsupported'} ErrorKind
 */

/** The one error of this library. */
export class MultiplexError extends Error {
  /**
   * @param {ErrorKind} kind
   * @param {string} message
   * @param {{code?: number, reason?: string, cause?: unknown}} [more]
   */
  constructor(kind, message, {code = 0, reason = '', cause} = {}) {
    super(message, {cause});
    this.name = 'MultiplexError';
    /** What went wrong. */
    this.kind = kind;
    /** Close code or HTTP status, 0 if there is none. */
    this.code = code;
    /** What the other side said. */
    this.reason = reason;
  }
}
