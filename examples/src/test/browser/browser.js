import {chromium} from 'playwright-core';
import {launch as launched} from '../../../../multiplex-js/test/browser.js';

/** A headless Chromium. */
export function launch() {
  return launched(chromium);
}

/** One person: a browser profile of its own with one tab of the page in it. */
export class Visitor {
  /** What the console showed as an error, and what the page threw; a violated Content-Security-Policy is one. */
  errors = [];
  /** Addresses of the WebSockets that the page opened, the present ones and those before. @type {string[]} */
  sockets = [];

  /**
   * @param {import('playwright-core').Page} page
   */
  constructor(page) {
    this.page = page;
    page.on('console', message => {
      if (message.type() === 'error' || message.type() === 'warning') {
        this.errors.push(`${message.text()} (${message.location().url})`);
      }
    });
    page.on('pageerror', error => this.errors.push(String(error)));
    page.on('websocket', socket => this.sockets.push(socket.url()));
  }

  /**
   * Opens the page and waits until it is connected.
   *
   * @param {import('node:test').TestContext} t closes it at the end
   * @param {import('playwright-core').Browser} browser
   * @param {string} url
   * @param {string} name
   * @param {import('playwright-core').BrowserContextOptions} [options]
   */
  static async open(t, browser, url, name, options = {}) {
    const context = await browser.newContext(options);
    t.after(() => context.close());
    const visitor = new Visitor(await context.newPage());
    await visitor.goTo(url, name);
    return visitor;
  }

  async goTo(url, name) {
    const address = new URL(url);
    address.searchParams.set('as', name);
    await this.page.goto(address.href);
    await this.isConnected();
  }

  /** The chip of the connection's state. */
  get chip() {
    return this.page.locator('#state');
  }

  /** The frames in the drawer, which must be open. */
  get frames() {
    return this.page.getByRole('list', {name: 'Frames, newest first'}).getByRole('listitem');
  }

  press(button) {
    return this.page.getByRole('region', {name: 'One connection'}).getByRole('button', {name: button}).click();
  }

  isConnected() {
    return this.chip.getByText('Connected', {exact: true}).waitFor();
  }

  get input() {
    return this.page.getByRole('textbox', {name: /^Message to/});
  }

  /** The messages of the room that is shown. */
  get log() {
    return this.page.getByRole('log', {name: /^Messages in/});
  }

  /** One entry for each name in the room that is shown. */
  get here() {
    return this.page.getByRole('region', {name: 'Here'}).getByRole('listitem');
  }

  room(title) {
    return this.page.getByRole('navigation', {name: 'Rooms'}).getByRole('link', {name: title});
  }

  async enter(title) {
    await this.room(title).click();
    await this.page.getByRole('heading', {name: title, exact: true}).waitFor();
  }

  async say(text) {
    await this.input.fill(text);
    await this.page.getByRole('button', {name: 'Send', exact: true}).click();
  }

  /** Waits for a message of that person with exactly that text. */
  hears(who, text) {
    return this.log
      .getByRole('listitem')
      .filter({has: this.page.locator('.who').getByText(who, {exact: true})})
      .filter({has: this.page.locator('.text').getByText(text, {exact: true})})
      .waitFor();
  }

  /** Waits for a line of the page's own. */
  notices(text) {
    return this.log.getByRole('listitem').filter({hasText: text}).first().waitFor();
  }

  /** Every text said in any room, shown or not. */
  textsIn(title) {
    return this.page.locator(`[role=log][aria-label="Messages in ${title}"] .text`).allTextContents();
  }
}
