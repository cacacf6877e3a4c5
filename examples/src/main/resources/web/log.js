import {element} from './element.js';

/** Entries kept on the page per room; the oldest go first. */
export const MOST_ENTRIES = 300;
/** Entries of one person closer than this, in milliseconds, share a heading. */
const TOGETHER = 5 * 60_000;
/** A reader this near to the end, in pixels, is at the end. */
const NEAR = 48;
const HUES = 6;

const clock = new Intl.DateTimeFormat(undefined, {hour: '2-digit', minute: '2-digit'});
const calendar = new Intl.DateTimeFormat(undefined, {dateStyle: 'medium', timeStyle: 'medium'});

/**
 * What was said in one room, oldest first. Follows the end until the reader scrolls up; then it holds still and counts
 * what is new.
 */
export class Log {
  #list = element('ol');
  #empty;
  #scroller;
  #fresh = element('button', {type: 'button', class: 'fresh', hidden: true});
  #freshCount = 0;
  #held = false;
  #last = {who: '', at: 0};

  /** Holds the log and its button; goes into the page as it is. */
  root;

  /**
   * @param {string} title of the room
   * @param {string} topic
   * @param {() => void} onEnd told when the reader asked for what is new
   */
  constructor(title, topic, onEnd) {
    this.#empty = element('p', {class: 'alone'}, 'Quiet so far. Say hello, or open another tab and answer yourself.');
    this.#scroller = element(
      'div',
      {class: 'log', role: 'log', 'aria-live': 'polite', 'aria-label': `Messages in ${title}`, tabindex: 0},
      element(
        'div',
        {class: 'intro'},
        element('p', {}, 'Everything said here reaches everyone on ', element('code', {}, topic), '.'),
        this.#empty,
      ),
      this.#list,
    );
    this.#scroller.addEventListener('scroll', () => this.#scrolled(), {passive: true});
    this.#fresh.addEventListener('click', () => {
      this.#toEnd();
      onEnd();
    });
    this.root = element('div', {class: 'log-frame', hidden: true}, this.#scroller, this.#fresh);
  }

  /** @param {{who: string, text: string, at: number, mine: boolean}} said */
  said({who, text, at, mine}) {
    const moment = new Date(at);
    const follows = this.#last.who === who && at - this.#last.at < TOGETHER;
    const entry = element(
      'li',
      {class: `said hue-${hue(who)}`},
      element(
        'p',
        {class: 'head'},
        element('bdi', {class: 'who'}, who),
        ...(mine ? [' ', element('span', {class: 'mine'}, 'you')] : []),
        ' ',
        element('time', {datetime: iso(moment), title: calendar.format(moment)}, clock.format(moment)),
      ),
      element('p', {class: 'text', dir: 'auto'}, text),
    );
    entry.classList.toggle('follows', follows);
    entry.classList.toggle('own', mine);
    this.#last = {who, at};
    this.#empty.hidden = true;
    this.#add(entry, mine);
    if (this.#held && !mine) {
      this.#setFresh(this.#freshCount + 1);
    }
  }

  /**
   * Something that happened, in the page's own words.
   *
   * @param {...(Node | string)} words
   */
  note(...words) {
    this.#last = {who: '', at: 0};
    this.#add(element('li', {class: 'note'}, ...words), false);
  }

  show() {
    this.root.hidden = false;
    if (!this.#held) {
      this.#toEnd();
    }
  }

  hide() {
    this.root.hidden = true;
  }

  #add(entry, follow) {
    this.#list.append(entry);
    while (this.#list.childElementCount > MOST_ENTRIES) {
      this.#list.firstElementChild.remove();
      this.#list.firstElementChild.classList.remove('follows');
    }
    if (follow || !this.#held) {
      this.#toEnd();
    }
  }

  #scrolled() {
    if (this.root.hidden) {
      return;
    }
    const {scrollHeight, scrollTop, clientHeight} = this.#scroller;
    this.#held = scrollHeight - scrollTop - clientHeight > NEAR;
    if (!this.#held) {
      this.#setFresh(0);
    }
  }

  #toEnd() {
    this.#held = false;
    this.#setFresh(0);
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  #setFresh(count) {
    this.#freshCount = count;
    this.#fresh.hidden = count === 0;
    this.#fresh.replaceChildren(`${count} new`, element('span', {class: 'hidden-text'}, count === 1 ? ' message' : ' messages'));
  }
}

/** One of a few colours for a name, the same on every page. */
function hue(who) {
  let sum = 0;
  for (const character of who) {
    sum = (sum * 31 + character.codePointAt(0)) % 65_521;
  }
  return sum % HUES;
}

function iso(moment) {
  return Number.isNaN(moment.getTime()) ? '' : moment.toISOString();
}
