import {byId} from './element.js';

const WORDS = {
  connecting: 'Connecting',
  open: 'Connected',
  lost: 'Disconnected',
  offline: 'Offline',
  refused: 'Ended by the server',
};

/**
 * The chip that says how the connection stands. Its name is announced when it changes and at no other time: what stands
 * beside it, such as the countdown while the server is away, changes silently.
 */
export class Chip {
  #connection;
  #lost = false;
  #ticker = 0;

  /** @param {import('./connection.js').Connection} connection */
  constructor(connection) {
    this.#connection = connection;
    byId('retry').addEventListener('click', () => connection.retry());
    connection.addEventListener('state', () => this.#show());
    this.#show();
  }

  #show() {
    const {name} = this.#connection.state;
    this.#lost = name === 'waiting' || (name === 'connecting' && this.#lost);
    const shown = this.#lost ? 'lost' : name;
    byId('state').dataset.state = shown;
    setText('state-name', WORDS[shown]);
    this.#showRetry(shown);
    clearInterval(this.#ticker);
    if (name === 'waiting') {
      this.#ticker = setInterval(() => this.#showDetail(), 250);
    }
    this.#showDetail();
  }

  #showRetry(shown) {
    const retry = byId('retry');
    const wasFocused = document.activeElement === retry;
    retry.textContent = shown === 'offline' ? 'Go online' : 'Try now';
    retry.hidden = shown === 'open' || shown === 'connecting';
    if (wasFocused && retry.hidden) {
      byId('say-text').focus();
    }
  }

  #showDetail() {
    const {name, retryAt, code, reason} = this.#connection.state;
    if (name === 'waiting') {
      const left = Math.max(1, Math.ceil((retryAt - Date.now()) / 1000));
      setText('detail', Number.isFinite(left) ? `next try in ${left} s` : '');
    } else if (name === 'refused') {
      setText('detail', reason ? `${code}: ${reason}` : String(code));
    } else if (name === 'open') {
      setText('detail', extent(this.#connection.extent));
    } else {
      setText('detail', this.#lost ? 'trying now' : '');
    }
  }
}

function extent({topics, connections, rtt}) {
  const parts = [count(topics, 'topic'), count(connections, 'connection')];
  if (rtt !== undefined) {
    parts.push(rtt < 1 ? 'under 1 ms' : `${Math.round(rtt)} ms`);
  }
  return parts.join(' · ');
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Leaves alone what says so already: a screen reader may announce it again. */
function setText(id, text) {
  if (byId(id).textContent !== text) {
    byId(id).textContent = text;
  }
}
