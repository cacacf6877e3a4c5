/**
 * A socket of the caller's, in the place of a channel.
 */
export class Adopted {
  #socket;

  /** @param {WebSocket} socket a `WebSocket` or something like it, open or opening */
  constructor(socket) {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
  }

  /** @returns {'connecting' | 'open' | 'closing' | 'closed'} */
  get state() {
    return /** @type {const} */ (['connecting', 'open', 'closing', 'closed'])[this.#socket.readyState];
  }

  get bufferedAmount() {
    return this.#socket.bufferedAmount;
  }

  /** @param {import('./channel.js').Listener} listener */
  listen(listener) {
    const socket = this.#socket;
    const open = () => listener.open({protocol: socket.protocol, position: '', outcome: ''});
    socket.addEventListener('message', event => listener.message(event.data));
    socket.addEventListener('close', ({code, reason, wasClean}) => listener.closed({code, reason, wasClean}));
    socket.readyState === 1 ? open() : socket.addEventListener('open', open);
    if (socket.readyState === 3) {
      listener.closed({code: 1006, reason: '', wasClean: false});
    }
  }

  /** @param {string | Uint8Array} payload */
  send(payload) {
    this.#socket.send(/** @type {string | Uint8Array<ArrayBuffer>} */ (payload));
  }

  /** @param {number} [code] @param {string} [reason] */
  close(code, reason) {
    this.#socket.close(code, reason);
  }
}
