import assert from 'node:assert/strict';
import WebSocket from 'ws';
import {Pool} from '../src/index.js';

/** So long a test may take, in milliseconds. */
export const options = {timeout: 30_000};

/** A pool for Node.js that does not outlive the test, and a check that no rule was broken. */
export function poolOn(t, stub, more = {}) {
  const pool = new Pool({WebSocket, backoff: () => 10, ...more});
  t.after(() => {
    pool.close();
    assert.deepEqual(stub.violations, []);
  });
  return pool;
}

/** The next event of that type, or one that was there already. */
export function event(target, type) {
  return new Promise(done => target.addEventListener(type, done, {once: true}));
}

/** Collects the messages of a socket; `take()` waits for the next. */
export function inbox(socket) {
  const messages = [];
  const waiting = [];
  socket.addEventListener('message', ({data}) => (waiting.length ? waiting.shift()(data) : messages.push(data)));
  return {
    messages,
    take: () => (messages.length ? Promise.resolve(messages.shift()) : new Promise(done => waiting.push(done))),
  };
}

/** Waits until `condition` holds, looking again at every change of the pool. */
export function changed(pool, condition) {
  return new Promise(done => {
    const look = () => {
      if (condition()) {
        pool.removeEventListener('change', look);
        done();
      }
    };
    pool.addEventListener('change', look);
    look();
  });
}
