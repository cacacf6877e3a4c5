import {element} from './element.js';
import {Log} from './log.js';
import {People} from './people.js';

/** Own messages that may be on their way at once. */
const MOST_PENDING = 50;

/**
 * One room: its topic, what was said, who is here and how much of it is unread.
 *
 * Raises `change` when its people or its unread count have changed.
 */
export class Room extends EventTarget {
  #topic;
  #name;
  /** @type {string[]} names we said hello with and have not heard back, in order */
  #hellos = [];
  /** @type {{who: string, text: string}[]} what we said and have not heard back, in order */
  #pending = [];
  #here = false;
  #goneAt = 0;
  #shown = false;

  title;
  path;
  log;
  people = new People();
  unread = 0;

  /**
   * @param {string} id
   * @param {string} title
   * @param {import('./connection.js').Connection} connection
   * @param {import('./name.js').Name} name
   * @param {() => void} onEnd see {@link Log}
   */
  constructor(id, title, connection, name, onEnd) {
    super();
    this.id = id;
    this.title = title;
    this.path = `/rooms/${id}`;
    this.log = new Log(title, this.path, onEnd);
    this.#name = name;
    this.#topic = connection.topic(this.path);
    this.#topic.on('status', status => this.#became(status));
    this.#topic.on('message', event => this.#heard(event));
    this.#topic.on('lost', () => this.#missed());
    name.addEventListener('change', () => this.#hello());
  }

  /** @returns {boolean} false: not sent */
  say(text) {
    if (this.#topic.status !== 'open' || this.#pending.length >= MOST_PENDING) {
      return false;
    }
    this.#pending.push({who: this.#name.value, text});
    this.#topic.send({type: 'say', text});
    return true;
  }

  show() {
    this.#shown = true;
    this.log.show();
    this.seen();
  }

  hide() {
    this.#shown = false;
    this.log.hide();
  }

  /** The reader looks at this room. */
  seen() {
    if (this.unread > 0 && this.#shown && !document.hidden) {
      this.unread = 0;
      this.#changed();
    }
  }

  #became(status) {
    if (status === 'open') {
      this.#here = true;
      this.#hello();
    } else if (this.#here) {
      this.#here = false;
      this.#gone();
    }
  }

  #missed() {
    const seconds = Math.max(1, Math.round((Date.now() - this.#goneAt) / 1000));
    this.log.note(`Back after ${seconds} s. What was said meanwhile is not shown.`);
  }

  #hello() {
    if (this.#topic.status === 'open') {
      this.#hellos.push(this.#name.value);
      this.#topic.send({type: 'hello', name: this.#name.value});
    }
  }

  #gone() {
    this.#goneAt = Date.now();
    this.people.clear();
    this.#hellos = [];
    for (const {text} of this.#pending.splice(0)) {
      this.log.note('May not have arrived: ', element('q', {dir: 'auto'}, text));
    }
    this.#changed();
  }

  #heard(event) {
    switch (event?.type) {
      case 'said':
        this.#said(event);
        break;
      case 'came':
        this.people.came(event.who);
        this.#came(event.who);
        break;
      case 'renamed':
        this.#renamed(event);
        this.log.note(who(event.who), ' is now ', who(event.to));
        break;
      case 'left':
        this.people.left(event.who);
        this.log.note(who(event.who), ' left');
        break;
      default:
        return; // of a newer server
    }
    this.#changed();
  }

  #came(name) {
    if (this.people.self === undefined && name === this.#hellos[0]) {
      this.people.self = this.#hellos.shift();
      this.log.note('You are here as ', who(name));
    } else {
      this.log.note(who(name), ' came');
    }
  }

  #renamed({who, to}) {
    this.people.renamed(who, to);
    if (who === this.people.self && to === this.#hellos[0]) {
      this.people.self = this.#hellos.shift();
    }
  }

  #said({who, text, at}) {
    // What we sent comes back in the order it was sent and under the name we had then, among what others say.
    const mine = who === this.#pending[0]?.who && text === this.#pending[0].text;
    if (mine) {
      this.#pending.shift();
    }
    this.people.spoke(who);
    this.log.said({who, text, at, mine});
    if (!mine && (!this.#shown || document.hidden)) {
      this.unread++;
    }
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}

function who(name) {
  return element('bdi', {}, name);
}
