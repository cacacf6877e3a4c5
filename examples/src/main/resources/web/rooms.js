import {byId, element} from './element.js';

/** People listed by name; of more only the number. */
const MOST_LISTED = 30;

/** The rooms of the page: one is shown, the others count what is unread. The address says which (`#garden`). */
export class Rooms {
  #rooms;
  #current;
  /** @type {Map<import('./room.js').Room, {link: Element, badge: Element}>} */
  #entries = new Map();

  /**
   * @param {import('./room.js').Room[]} rooms at least one
   */
  constructor(rooms) {
    this.#rooms = rooms;
    for (const room of rooms) {
      this.#enter(room);
    }
    addEventListener('hashchange', () => this.#follow());
    document.addEventListener('visibilitychange', () => this.#current.seen());
    this.#show(this.#addressed() ?? rooms[0]);
  }

  get current() {
    return this.#current;
  }

  #enter(room) {
    const badge = element('span', {class: 'badge', hidden: true});
    const link = element('a', {href: `#${room.id}`}, element('span', {}, room.title), badge);
    link.addEventListener('click', event => {
      // A reader with a mouse goes on to write; who came by keyboard stays among the rooms.
      if (event.detail > 0 && matchMedia('(pointer: fine)').matches) {
        byId('say-text').focus();
      }
    });
    this.#entries.set(room, {link, badge});
    byId('rooms').append(element('li', {}, link));
    byId('logs').append(room.log.root);
    room.addEventListener('change', () => this.#changed(room));
  }

  #addressed() {
    return this.#rooms.find(room => `#${room.id}` === location.hash);
  }

  #follow() {
    const room = location.hash === '' ? this.#rooms[0] : this.#addressed();
    if (room && room !== this.#current) {
      this.#show(room);
    }
  }

  #show(room) {
    if (this.#current) {
      this.#current.hide();
      this.#entries.get(this.#current).link.removeAttribute('aria-current');
    }
    this.#current = room;
    this.#entries.get(room).link.setAttribute('aria-current', 'page');
    byId('room-title').textContent = room.title;
    byId('room-topic').textContent = room.path;
    byId('say-label').textContent = `Message to ${room.title}`;
    room.show();
    this.#showPeople();
  }

  #changed(room) {
    const {badge} = this.#entries.get(room);
    const count = room.unread > 99 ? '99+' : String(room.unread);
    badge.hidden = room.unread === 0;
    badge.replaceChildren(...(badge.hidden ? [] : [' ', count, element('span', {class: 'hidden-text'}, ' unread')]));
    const unread = this.#rooms.reduce((sum, each) => sum + each.unread, 0);
    document.title = unread > 0 ? `(${unread}) Carillon` : 'Carillon';
    if (room === this.#current) {
      this.#showPeople();
    }
  }

  #showPeople() {
    const {people} = this.#current;
    const all = people.list();
    const entries = all.slice(0, MOST_LISTED).map(({who, count}) =>
      element(
        'li',
        {},
        element('bdi', {}, who),
        ...(count > 1 ? [` × ${count}`] : []),
        ...(who === people.self ? [' ', element('span', {class: 'mine'}, 'you')] : []),
      ),
    );
    if (all.length > MOST_LISTED) {
      entries.push(element('li', {}, `and ${all.length - MOST_LISTED} more`));
    }
    byId('here').replaceChildren(...(entries.length > 0 ? entries : [element('li', {class: 'nobody'}, 'Not connected')]));
  }
}
