import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {chromium} from 'playwright-core';
import {launch} from './browser.js';
import {Stub} from './stub.js';

const options = {timeout: 60_000};
/** What a person would call at once, in milliseconds, on a slow machine. */
const SOON = 1_000;

let browser;
before(async () => {
  browser = await launch(chromium);
});
after(() => browser.close());

/** A page with the library, unbundled, from a script tag's import. */
async function open(t, stub, setup) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  page.problems = [];
  page.on('pageerror', error => page.problems.push(String(error)));
  await page.goto(`http://${stub.host}/`);
  await page.addScriptTag({
    type: 'module',
    content: `
      import * as library from '/multiplex-js/index.js';
      Object.assign(window, library, {
        said: [],
        becomes: (topic, ...statuses) => new Promise(done => {
          const look = () => statuses.includes(topic.status) && done(performance.now());
          topic.on('status', look);
          look();
        }),
      });
      window.loaded = true;`,
  });
  await page.waitForFunction(() => window.loaded);
  if (setup) {
    await page.evaluate(setup);
  }
  return page;
}

/** A topic with an hour between its tries, so that only a signal brings it back sooner. */
const patient = `
  window.pool = new Pool({backoff: () => 3_600_000});
  window.topic = new Topic('/room/a', {pool});
  topic.on('status', status => said.push(status));
  topic.ready()`;

test('several rooms over one connection, from a page', options, async t => {
  const stub = await Stub.start(t);
  const page = await open(t, stub);
  const heard = await page.evaluate(async () => {
    const topics = Array.from({length: 30}, (_, i) => new Topic(`/room/${i}`));
    topics.forEach((topic, i) => topic.send(i));
    return Promise.all(topics.map(topic => topic.recv()));
  });
  assert.deepEqual(heard, Array.from({length: 30}, (_, i) => i));
  assert.equal(stub.accepted, 1);
  assert.equal(stub.channels.length, 30);
  assert.equal(await page.evaluate(() => Pool.default.links[0].topics.length), 30);
  assert.deepEqual([stub.violations, page.problems], [[], []]);
});

test('it works with a server that has only the base dialect', options, async t => {
  const stub = await Stub.start(t, {dialects: ['rocket-multiplex']});
  const page = await open(t, stub);
  const heard = await page.evaluate(async () => {
    const [socket, topic] = [new MultiplexWebSocket('/echo'), new Topic('/echo?topic')];
    topic.send('two');
    await new Promise(open => (socket.onopen = open));
    socket.send('one');
    const {data} = await new Promise(message => (socket.onmessage = message));
    return [data, await topic.recv(), Pool.default.links[0].protocol];
  });
  assert.deepEqual(heard, ['one', 'two', 'rocket-multiplex']);
  assert.equal(stub.accepted, 1);
  assert.deepEqual([stub.violations, page.problems], [[], []]);
});

test('offline is noticed, and the network\'s return at once', options, async t => {
  const stub = await Stub.start(t);
  const page = await open(t, stub, patient);
  const left = page.evaluate(() => becomes(topic, 'waiting'));
  await page.context().setOffline(true);
  await left;
  const back = page.evaluate(async () => {
    const online = new Promise(done => addEventListener('online', () => done(performance.now()), {once: true}));
    const open = becomes(topic, 'open');
    return (await open) - (await online);
  });
  await page.context().setOffline(false);
  const after = await back;
  assert.ok(after < SOON, `back after ${after} ms`);
  assert.deepEqual([stub.violations, page.problems], [[], []]);
});

test('a server that went away silently while the page was hidden is noticed when it is shown', options, async t => {
  const stub = await Stub.start(t);
  const page = await open(t, stub, patient);
  await page.evaluate(() => Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true}));
  stub.silent = true; // As a connection that the network has forgotten.
  const after = await page.evaluate(async () => {
    Object.defineProperty(document, 'visibilityState', {value: 'visible', configurable: true});
    document.dispatchEvent(new Event('visibilitychange'));
    const shown = performance.now();
    return (await becomes(topic, 'waiting')) - shown;
  });
  assert.ok(after < SOON, `noticed after ${after} ms`);
  stub.silent = false;
  await page.evaluate(() => {
    pool.resume();
    return becomes(topic, 'open');
  });
  assert.equal(stub.accepted, 2);
});

test('a page that waits tries at once when it is shown', options, async t => {
  const stub = await Stub.start(t);
  const page = await open(t, stub, patient);
  await stub.stop();
  await page.evaluate(() => becomes(topic, 'waiting'));
  await stub.listen();
  const after = await page.evaluate(async () => {
    const shown = performance.now();
    document.dispatchEvent(new Event('visibilitychange'));
    return (await becomes(topic, 'open')) - shown;
  });
  assert.ok(after < SOON, `back after ${after} ms`);
});

test('a machine that slept tries at once when it is awake', options, async t => {
  const stub = await Stub.start(t);
  const page = await open(t, stub, patient);
  await stub.stop();
  await page.evaluate(() => becomes(topic, 'waiting'));
  await stub.listen();
  const after = await page.evaluate(async () => {
    const now = Date.now;
    Date.now = () => now() + 600_000;
    const awake = performance.now();
    return (await becomes(topic, 'open')) - awake;
  });
  assert.ok(after < 3 * SOON, `back after ${after} ms`);
});

test('a page that goes away says so to the server and nothing to itself; one that comes back recovers', options, async t => {
  const stub = await Stub.start(t);
  const page = await open(t, stub, patient);
  await page.evaluate(() => {
    window.socket = new pool.WebSocket('/echo');
    socket.onclose = ({code}) => said.push(`socket ${code}`);
    return new Promise(open => (socket.onopen = open));
  });
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true})));
  await stub.until(() => !stub.connections.size);
  assert.deepEqual(stub.ends.map(({code}) => code), [1005, 1005]);
  assert.deepEqual(await page.evaluate(() => said), ['connecting', 'open']);
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true})));
  await page.evaluate(() => becomes(topic, 'open'));
  assert.deepEqual(await page.evaluate(() => said.slice(2).filter(it => it !== 'connecting')), ['waiting', 'socket 1006', 'open']);
});

test('a token travels from a page, and so does the next one', options, async t => {
  const stub = await Stub.start(t, {refuseToken: token => token !== 'eyJh.eyJz-_.c2ln'});
  const page = await open(t, stub);
  const heard = await page.evaluate(async () => {
    const pool = new Pool({token: () => 'eyJh.eyJz-_.c2ln'});
    const topic = new Topic('/echo', {pool});
    await topic.ready();
    await pool.refresh('eyJh.bmV4dA.c2ln');
    topic.send('hi');
    return topic.recv();
  });
  assert.equal(heard, 'hi');
  assert.deepEqual([stub.bearers, stub.refreshed, stub.accepted], [['eyJh.eyJz-_.c2ln'], ['eyJh.bmV4dA.c2ln'], 1]);
  assert.deepEqual([stub.violations, page.problems], [[], []]);
});

test('nothing is in the console when all goes wrong', options, async t => {
  const stub = await Stub.start(t);
  const page = await open(t, stub);
  await page.evaluate(async () => {
    const topic = new Topic('/refuse?status=403');
    topic.ready();
    topic.send(1);
    topic.recv();
    topic.request(2);
    const socket = new MultiplexWebSocket('/nowhere');
    await new Promise(close => (socket.onclose = close));
    await becomes(topic, 'failed');
    topic.send(3);
    await topic.close();
    await new Promise(done => setTimeout(done));
  });
  assert.deepEqual([stub.violations, page.problems], [[], []]);
});
