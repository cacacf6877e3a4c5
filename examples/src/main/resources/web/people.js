/** Names remembered per room; with more, those heard of longest ago go. */
const MOST_NAMES = 200;

/**
 * Who is in a room as far as the server told: it tells who comes, speaks, changes name and leaves, so who came before us
 * and kept silent is missing.
 */
export class People {
  /** @type {Map<string, number>} how many of this name are here */
  #count = new Map();

  /** @type {string | undefined} ours, as the room knows it: here, whoever else of that name has gone */
  self;

  came(who) {
    this.#set(who, (this.#count.get(who) ?? 0) + 1);
  }

  spoke(who) {
    if (!this.#count.has(who)) {
      this.#set(who, 1);
    }
  }

  left(who) {
    const rest = (this.#count.get(who) ?? 1) - 1;
    if (rest > 0) {
      this.#set(who, rest);
    } else {
      this.#count.delete(who);
    }
  }

  renamed(who, to) {
    this.left(who);
    this.came(to);
  }

  clear() {
    this.#count.clear();
    this.self = undefined;
  }

  /** @returns {{who: string, count: number}[]} by name */
  list() {
    const all = new Map(this.#count);
    if (this.self !== undefined && !all.has(this.self)) {
      all.set(this.self, 1);
    }
    return [...all]
      .map(([who, count]) => ({who, count}))
      .sort((a, b) => a.who.localeCompare(b.who));
  }

  #set(who, count) {
    this.#count.set(who, count);
    if (this.#count.size > MOST_NAMES) {
      this.#count.delete(this.#count.keys().next().value);
    }
  }
}
