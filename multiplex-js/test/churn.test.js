import assert from 'node:assert/strict';
import {test} from 'node:test';
import WebSocket from 'ws';
import {Pool, Topic} from '../src/index.js';
import {Stub} from './stub.js';
import {changed, options, poolOn} from './support.js';

/** Numbers that look random and are the same for a seed. */
function randomOf(t) {
  let state = (Date.now() % 1_000_000) + 1;
  t.diagnostic(`seed ${state}`);
  return below => (state = (state * 48_271) % 2_147_483_647) % below;
}

const STEPS = 3_000;
const PATHS = ['/echo', '/room/a', '/room/b', '/hello', '/pick', '/close?code=4001', '/close?code=1011', '/refuse?status=403', '/nowhere', '/slow', '/websocket/token/0123456789abcdefghijkl', '/log/a'];

for (const [dialect, settings] of [['carillon.v1', {}], ['the base dialect', {dialects: ['rocket-multiplex']}]]) {
  test(`clients that come, talk and go at random leave nothing behind: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, {...settings, maxTopics: 20});
    const pool = poolOn(t, stub, {backoff: () => 1, idleClose: 0});
    const random = randomOf(t);
    const pick = list => list[random(list.length)];
    const sockets = [];
    const topics = [];
    const stories = [];
    const steps = [
      () => {
        const socket = new pool.WebSocket(stub.url(pick(PATHS)), random(8) ? [] : ['chat']);
        const story = [];
        for (const type of ['open', 'message', 'error', 'close']) socket.addEventListener(type, () => story.push(type));
        sockets.push(socket);
        stories.push(story);
      },
      () => topics.length < 40 && topics.push(new Topic(stub.url(pick(PATHS)), {pool, backoff: () => 1})) && topics.at(-1).ready(),
      () => sockets.length && pick(sockets).readyState === 1 && pick(sockets.filter(({readyState}) => readyState === 1)).send('hi'),
      () => sockets.length && pick(sockets).close(...pick([[], [1000], [4000, 'a·b']])),
      () => topics.length && pick(topics).send('hi'),
      () => topics.length && !random(4) && pick(topics).restart(),
      () => topics.length && !random(3) && topics.splice(random(topics.length), 1)[0].close(),
      () => stub.letIn(),
      () => stub.publish('/log/a', 'news'),
      () => !random(60) && stub.cut(),
      () => !random(60) && pool.drop(),
    ];
    for (let i = 0; i < STEPS; i++) {
      pick(steps)();
      if (i % 10 === 0) {
        await new Promise(setImmediate);
      }
    }
    const letIn = setInterval(() => stub.letIn(), 5);
    sockets.forEach(socket => socket.close());
    await Promise.all(topics.map(topic => topic.close()));
    await changed(pool, () => sockets.every(({readyState}) => readyState === 3) && !pool.links.length);
    clearInterval(letIn);
    await stub.until(() => !stub.connections.size);
    assert.deepEqual(stub.channels, []);
    assert.ok(stub.subscribes > 100);
    for (const story of stories) {
      assert.match(story.join(' '), /^(open (message )*|error )close$/);
    }
  });
}

for (const dialect of ['carillon.v1', 'rocket-multiplex']) {
  test(`whatever a server sends, nothing is thrown and it goes on: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, {dialects: [dialect]});
    const pool = new Pool({WebSocket, backoff: () => 1}); // What it answers to nonsense may be against the rules.
    t.after(() => pool.close());
    const random = randomOf(t);
    const pick = list => list[random(list.length)];
    const topics = ['/echo', '/room/a', '/log/a'].map(path => new Topic(stub.url(path), {pool, backoff: () => 1}));
    topics.forEach(topic => topic.on('message', () => {}) && topic.onRequest(value => value));
    const pieces = [
      ...['OK', 'ERR', 'INVALID', 'SUBSCRIBE', 'UNSUBSCRIBE', 'PING', 'PRESENCE', 'REFRESH', 'REQUEST', 'ok', 'NONSENSE', ''],
      ...['/echo', '/room/a', '/log/a', '/log/a|1', '/log/a|99', '/echo^1', '/echo^2', '/nowhere', '/echo#2', '1', '1000', '4000', '999999', '-1', 'x'],
      ...['404 Not Found', '429 Too Many Topics', 'Too Many Topics', 'recovered', 'lost', 'e1:5', ':', 'state', '{"a":1}', '{', '\ud800', '\u0000'],
    ];
    for (let i = 0; i < 3_000; i++) {
      const text = `${pick(['·', ''])}${Array.from({length: 1 + random(6)}, () => pick(pieces)).join('·')}${pick(['·', ''])}`;
      stub.connections.forEach(({socket}) => socket.send(random(10) ? text : Buffer.from(text)));
      if (i % 10 === 0) {
        topics.forEach(topic => (random(20) ? topic.request(1, {timeout: 5}) : topic.restart()));
        await new Promise(setImmediate);
      }
    }
    pool.drop();
    topics.forEach(topic => topic.restart());
    const [echo] = topics;
    await echo.ready();
    const heard = new Promise(done => echo.on('message', it => it === 'still here' && done()));
    await echo.send('still here');
    await heard;
  });
}
