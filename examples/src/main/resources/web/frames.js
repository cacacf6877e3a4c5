import {hex} from './bytes.js';
import {byId, element} from './element.js';

/** Frames kept, and characters shown of each. */
const MOST_FRAMES = 100;
const MOST_CHARACTERS = 300;
const MOST_BYTES = 24;
/** What ends the topic in front of a payload: U+00B7 in UTF-8. */
const SEPARATOR = [0xc2, 0xb7];

const clock = new Intl.DateTimeFormat(undefined, {timeStyle: 'medium'});

/** The drawer with what went over the wire, newest first. It keeps the last frames while it is closed, and says nothing. */
export class Frames {
  /** @type {{direction: 'in' | 'out', text: string, at: Date}[]} oldest first */
  #kept = [];
  #drawer = byId('frames');
  #list = byId('frame-list');

  /** @param {import('./connection.js').Connection} connection */
  constructor(connection) {
    connection.trace = (direction, message) => this.#add({direction, text: readable(message), at: new Date()});
    this.#drawer.addEventListener('toggle', () => this.#toggled());
  }

  #add(frame) {
    this.#kept.push(frame);
    if (this.#kept.length > MOST_FRAMES) {
      this.#kept.shift();
    }
    if (this.#drawer.open) {
      this.#list.prepend(entry(frame));
      while (this.#list.childElementCount > MOST_FRAMES) {
        this.#list.lastElementChild.remove();
      }
    }
  }

  #toggled() {
    this.#list.replaceChildren(...(this.#drawer.open ? this.#kept.map(entry).reverse() : []));
  }
}

function entry({direction, text, at}) {
  return element(
    'li',
    {class: direction},
    element('span', {class: 'direction'}, direction === 'out' ? 'sent' : 'received'),
    ' ',
    element('code', {dir: 'ltr'}, text),
    ' ',
    element('time', {datetime: at.toISOString()}, clock.format(at)),
  );
}

function readable(message) {
  if (typeof message === 'string') {
    return message.length > MOST_CHARACTERS ? `${message.slice(0, MOST_CHARACTERS)} …` : message;
  }
  const bytes = new Uint8Array(message);
  const end = bytes.findIndex((byte, at) => byte === SEPARATOR[0] && bytes[at + 1] === SEPARATOR[1]) + SEPARATOR.length;
  return new TextDecoder().decode(bytes.subarray(0, end)) + hex(bytes.subarray(end), MOST_BYTES);
}
