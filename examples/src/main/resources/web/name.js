const KEY = 'carillon.name';
const MOST = 40;
const BIRDS = ['Wren', 'Robin', 'Heron', 'Swift', 'Finch', 'Lark', 'Plover', 'Siskin', 'Dunlin', 'Curlew', 'Avocet', 'Martin'];

/**
 * The name this tab goes by. A tab keeps its own; the last one chosen is what a new tab starts with.
 *
 * Raises `change`.
 */
export class Name extends EventTarget {
  #value;

  constructor() {
    super();
    this.#value = Name.#asked() ?? read('sessionStorage') ?? read('localStorage') ?? Name.suggestion();
    write('sessionStorage', this.#value);
  }

  get value() {
    return this.#value;
  }

  /**
   * @param {string} raw
   * @returns {string} what is wrong with it, empty when it was taken
   */
  change(raw) {
    const value = tidy(raw);
    const fault = faultOf(value);
    if (fault || value === this.#value) {
      return fault;
    }
    this.#value = value;
    write('sessionStorage', value);
    write('localStorage', value);
    this.dispatchEvent(new Event('change'));
    return '';
  }

  /** A name for somebody who has none yet. */
  static suggestion() {
    return `${BIRDS[Math.floor(Math.random() * BIRDS.length)]} ${10 + Math.floor(Math.random() * 90)}`;
  }

  /** The name that `?as=` asks for; the question is then taken out of the address. */
  static #asked() {
    const url = new URL(location.href);
    const asked = url.searchParams.get('as');
    if (asked === null) {
      return undefined;
    }
    url.searchParams.delete('as');
    history.replaceState(null, '', url);
    return usable(asked);
  }
}

function tidy(raw) {
  return raw.normalize('NFC').replace(/\s+/gu, ' ').trim();
}

function faultOf(value) {
  if (value === '') {
    return 'A name needs at least one character.';
  }
  if (value.length > MOST) {
    return `A name has at most ${MOST} characters.`;
  }
  return /\p{Cc}/u.test(value) ? 'A name has no control characters.' : '';
}

function usable(raw) {
  const value = tidy(raw ?? '');
  return faultOf(value) ? undefined : value;
}

/** A browser may forbid both stores; then the name lasts as long as the page. */
function read(store) {
  try {
    return usable(window[store].getItem(KEY));
  } catch {
    return undefined;
  }
}

function write(store, value) {
  try {
    window[store].setItem(KEY, value);
  } catch {
    // kept in memory only
  }
}
