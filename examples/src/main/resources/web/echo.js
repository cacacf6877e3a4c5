import {hex} from './bytes.js';
import {byId, element} from './element.js';

/** Echoes shown, and messages that may be on their way at once. */
const MOST_SHOWN = 6;
const MOST_PENDING = 20;
const PREVIEW_BYTES = 12;

/** The echo box: sends text or bytes to `/echo` and says how long they were under way. */
export class Echo {
  #topic;
  /** @type {number[]} when each was sent; echoes come back in order */
  #sentAt = [];

  /** @param {import('./connection.js').Connection} connection */
  constructor(connection) {
    this.#topic = connection.rawTopic('/echo');
    this.#topic.on('message', data => this.#heard(data));
    this.#topic.on('status', status => {
      if (status !== 'open') {
        this.#lost();
      }
    });
    byId('echo-url').textContent = new URL('/echo', location.origin.replace('http', 'ws')).href;
    byId('echo').addEventListener('submit', event => {
      event.preventDefault();
      const kind = event.submitter?.value ?? 'text';
      // Chromium holds back other work until it has drawn what a click changed, by up to 50 ms. Sent behind that
      // drawing, the time is the network's and the server's.
      requestAnimationFrame(() => setTimeout(() => this.#send(kind)));
    });
  }

  #send(kind) {
    const text = byId('echo-text').value;
    const hint = byId('echo-hint');
    if (this.#sentAt.length >= MOST_PENDING) {
      hint.textContent = 'Not sent: the last ones are still on their way.';
      return;
    }
    if (this.#topic.status !== 'open') {
      hint.textContent = 'Not sent: no connection.';
      return;
    }
    hint.textContent = '';
    this.#sentAt.push(performance.now());
    this.#topic.send(kind === 'binary' ? new TextEncoder().encode(text) : text);
  }

  #heard(data) {
    const sentAt = this.#sentAt.shift();
    if (sentAt === undefined) {
      return;
    }
    const took = performance.now() - sentAt;
    const binary = data instanceof ArrayBuffer;
    const size = binary ? data.byteLength : new TextEncoder().encode(data).length;
    this.#add(
      element('span', {class: 'kind'}, binary ? 'binary' : 'text'),
      element(binary ? 'code' : 'bdi', {class: 'back'}, binary ? hex(new Uint8Array(data), PREVIEW_BYTES) : data),
      element('span', {class: 'size'}, size === 1 ? '1 byte' : `${size} bytes`),
      element('span', {class: 'time'}, `${took.toFixed(1)} ms`),
    );
  }

  #lost() {
    for (const _ of this.#sentAt.splice(0)) {
      this.#add(element('span', {class: 'kind'}, 'lost'), element('span', {class: 'back'}, 'The connection ended first.'));
    }
  }

  #add(...parts) {
    byId('echo-empty').hidden = true;
    const list = byId('echoes');
    // Spaces keep the parts apart for a screen reader.
    list.prepend(element('li', {}, ...parts.flatMap(part => [part, ' '])));
    while (list.childElementCount > MOST_SHOWN) {
      list.lastElementChild.remove();
    }
  }
}
