import {byId} from './element.js';

const WORDS = {
  connecting: 'Connecting',
  open: 'Connected',
  lost: 'Disconnected',
  refused: 'Ended by the server',
};

/**
 * The chip that says how the connection stands. Its name is announced when it changes and at no other time: while the
 * server is away the countdown beside it runs silently and the name stays.
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
    const {name, reason, code} = this.#connection.state;
    this.#lost = name === 'waiting' || (name === 'connecting' && this.#lost);
    const shown = this.#lost ? 'lost' : name;
    byId('state').dataset.state = shown;
    const word = WORDS[shown];
    if (byId('state-name').textContent !== word) {
      byId('state-name').textContent = word;
    }
    const retry = byId('retry');
    const wasFocused = document.activeElement === retry;
    retry.hidden = !(this.#lost || name === 'refused');
    if (wasFocused && retry.hidden) {
      byId('say-text').focus();
    }

    clearInterval(this.#ticker);
    if (name === 'waiting') {
      this.#ticker = setInterval(() => this.#tick(), 250);
      this.#tick();
    } else if (name === 'refused') {
      byId('countdown').textContent = reason ? `${code}: ${reason}` : String(code);
    } else {
      byId('countdown').textContent = this.#lost ? 'trying now' : '';
    }
  }

  #tick() {
    const left = Math.max(1, Math.ceil((this.#connection.state.retryAt - Date.now()) / 1000));
    byId('countdown').textContent = `next try in ${left} s`;
  }
}
