import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {after, before, test} from 'node:test';
import WebSocket from 'ws';
import {Server} from '../../examples/src/test/browser/server.js';
import {Pool, Topic} from '../src/index.js';
import {changed, event, inbox} from './support.js';

const JAR = fileURLToPath(new URL('../../examples/target/carillon.jar', import.meta.url));
const options = {timeout: 120_000, skip: !existsSync(JAR) && 'no server: mvn package makes it'};

/** A pool that counts real connections. */
function counting(t, settings = {}) {
  const pool = new Pool({
    WebSocket: class extends WebSocket {
      constructor(...args) {
        super(...args);
        pool.opened++;
      }
    },
    backoff: () => 50,
    ...settings,
  });
  pool.opened = 0;
  pool.warnings = [];
  pool.addEventListener('warning', ({detail}) => pool.warnings.push(detail));
  t.after(() => pool.close());
  return pool;
}

/** Offers the base dialect alone, as a client that knows nothing else. */
class BaseOnly extends WebSocket {
  constructor(url) {
    super(url, ['Rocket-Multiplex']);
  }
}

let server;
let url;
before(async () => {
  if (!options.skip) {
    server = new Server(await freePort());
    await server.start();
    url = path => `${server.url.replace('http', 'ws').slice(0, -1)}${path}`;
  }
});
after(() => server?.kill());

async function freePort() {
  const {createServer} = await import('node:net');
  return new Promise(done => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const {port} = probe.address();
      probe.close(() => done(port));
    });
  });
}

for (const [dialect, settings] of [['carillon.v1', {}], ['rocket-multiplex', {WebSocket: BaseOnly, carrier: '/echo?carrier'}]]) {
  test(`Carillon itself: a hundred topics on one connection, ${dialect}`, options, async t => {
    const pool = counting(t, settings);
    const sockets = Array.from({length: 100}, (_, i) => new pool.WebSocket(url(`/listen?${i}`)));
    await Promise.all(sockets.map(socket => event(socket, 'open')));
    assert.equal(pool.links.length, 1);
    assert.equal(pool.links[0].protocol.toLowerCase(), dialect);
    assert.equal(pool.links[0].topics.length, 100);
    const boxes = sockets.map(inbox);
    sockets.forEach((socket, i) => socket.send(`${i} grüß · dich`));
    assert.deepEqual(await Promise.all(boxes.map(box => box.take())), sockets.map((_, i) => `${i} grüß · dich`));
    const [socket] = sockets;
    socket.binaryType = 'arraybuffer';
    socket.send(Uint8Array.of(0xc2, 0xb7, 0));
    assert.deepEqual([...new Uint8Array(await boxes[0].take())], [0xc2, 0xb7, 0]);
    socket.close(4000, 'a·b');
    const end = await event(socket, 'close');
    assert.deepEqual([end.code, end.reason, end.wasClean], [4000, 'a·b', true]);
    const refused = new pool.WebSocket(url('/nowhere'));
    assert.equal((await event(refused, 'close')).code, 1006);
    assert.equal(pool.links[0].topics.length, 99);
    assert.deepEqual(pool.warnings, []);
  });
}

test('Carillon itself: instances, another spelling, broken payloads', options, async t => {
  const pool = counting(t);
  const twins = [1, 2, 3].map(() => new pool.WebSocket(url('/listen?twins')));
  await Promise.all(twins.map(socket => event(socket, 'open')));
  const boxes = twins.map(inbox);
  twins[0].send('all');
  assert.deepEqual(await Promise.all(boxes.map(box => box.take())), ['all', 'all', 'all']);

  const spelled = new Topic(url('//echo/?%61=%7e'), {pool});
  await spelled.send('other name');
  assert.equal(await spelled.recv(), 'other name');

  const strict = new Topic(url('/rooms/lobby'), {pool});
  await strict.ready();
  strict.sendRaw('{');
  await assert.rejects(async () => {
    for (;;) await strict.recv();
  }, {kind: 'closed', code: 1007});
  assert.equal(twins[1].readyState, 1);
  assert.equal(pool.opened, 1);
  assert.deepEqual(pool.warnings, []);
});

test('Carillon itself: more topics than it takes are two connections', options, async t => {
  const pool = counting(t);
  const sockets = Array.from({length: 150}, (_, i) => new pool.WebSocket(url(`/listen?${i}`)));
  await Promise.all(sockets.map(socket => event(socket, 'open')));
  assert.equal(pool.opened, 2);
});

test('Carillon itself: it goes and comes back', options, async t => {
  const pool = counting(t);
  const topics = Array.from({length: 20}, (_, i) => new Topic(url(`/listen?${i}`), {pool}));
  await Promise.all(topics.map(topic => topic.ready()));
  const back = topics.map(topic => new Promise(done => topic.on('lost', done)));
  await server.kill();
  await changed(pool, () => topics.every(topic => topic.status === 'waiting'));
  await server.start();
  await Promise.all(back);
  topics.forEach((topic, i) => topic.send(i));
  assert.deepEqual(await Promise.all(topics.map(topic => topic.recv())), topics.map((_, i) => i));
  assert.equal(pool.links.filter(({state}) => state === 'open').length, 1);
});
