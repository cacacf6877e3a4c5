import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Topic} from '../src/index.js';
import {Stub} from './stub.js';
import {changed, options, poolOn} from './support.js';

const STEPS = 3_000;
const PATHS = ['/echo', '/room/a', '/room/b', '/hello', '/pick', '/close?code=4001', '/close?code=1011', '/refuse?status=403', '/nowhere', '/slow', '/websocket/token/0123456789abcdefghijkl', '/log/a'];

for (const [dialect, settings] of [['carillon.v1', {}], ['the base dialect', {dialects: ['rocket-multiplex']}]]) {
  test(`clients that come, talk and go at random leave nothing behind: ${dialect}`, options, async t => {
    const stub = await Stub.start(t, {...settings, maxTopics: 20});
    const pool = poolOn(t, stub, {backoff: () => 1, idleClose: 0});
    const seed = (Date.now() % 1_000_000) + 1;
    t.diagnostic(`seed ${seed}`);
    let state = seed;
    const random = below => (state = (state * 48_271) % 2_147_483_647) % below;
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
