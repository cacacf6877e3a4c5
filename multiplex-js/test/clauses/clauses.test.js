import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {chromium} from 'playwright-core';
import {launch} from '../browser.js';
import {Stub} from '../stub.js';
import {clauses} from './clauses.js';

let browser;
before(async () => {
  browser = await launch(chromium);
});
after(() => browser.close());

test('our class does in every clause what the browser\'s own does', {timeout: 120_000}, async t => {
  const stub = await Stub.start(t);
  const page = await browser.newPage();
  t.after(() => page.close());
  const errors = [];
  page.on('pageerror', error => errors.push(String(error)));
  await page.goto(`http://${stub.host}/`);
  const native = await run(page, stub, false);
  const plain = stub.accepted;
  const ours = await run(page, stub, true);

  assert.equal(native.length, clauses.length);
  const failed = [];
  native.forEach(([name, seen], i) => {
    if (seen.failed || JSON.stringify(seen) !== JSON.stringify(ours[i][1])) {
      failed.push({name, native: JSON.stringify(seen), ours: JSON.stringify(ours[i][1])});
    }
  });
  assert.deepEqual(failed, []);
  assert.deepEqual(errors, []);
  assert.deepEqual(stub.violations, []);
  // Not a comparison of the native class with itself: one socket for nearly everything.
  assert.ok(plain > 150, `native sockets: ${plain}`);
  assert.ok(stub.accepted - plain <= 5, `our connections: ${stub.accepted - plain}`);
  assert.ok(stub.subscribes > 150, `our subscriptions: ${stub.subscribes}`);
});

/** @returns {Promise<[string, any][]>} what each clause saw */
function run(page, stub, isOurs) {
  return page.evaluate(
    async ({host, isOurs}) => {
      const {clauses} = await import('/clauses/clauses.js');
      const {MultiplexWebSocket} = await import('/multiplex-js/index.js');
      const world = {host, url: path => `ws://${host}${path}`, WebSocket: isOurs ? MultiplexWebSocket : WebSocket};
      const all = [];
      // Chromium slows down a page most of whose connections fail, and a third of the clauses let them fail.
      for (let i = 0; i < 60; i++) {
        const socket = new world.WebSocket(world.url('/echo'));
        await new Promise(open => (socket.onopen = open));
        socket.close();
      }
      for (const [name, clause] of clauses) {
        const late = new Promise((_, failed) => setTimeout(failed, 10_000, new Error('took too long')));
        try {
          all.push([name, await Promise.race([clause(world), late])]);
        } catch (error) {
          all.push([name, {failed: String(error)}]);
        }
      }
      return all;
    },
    {host: stub.host, isOurs},
  );
}
