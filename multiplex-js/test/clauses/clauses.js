// The WHATWG WebSockets standard, clause by clause (https://websockets.spec.whatwg.org/). Every entry runs against the
// browser's own class and against ours, on the same server. It returns what it saw; both must have seen the same, and
// where an entry asserts, both must pass.

/** @typedef {{WebSocket: typeof WebSocket, url: (path: string) => string, host: string}} World */

/** @type {[string, (world: World) => unknown][]} */
export const clauses = [];

/** @param {string} name @param {(world: World) => unknown} run */
function clause(name, run) {
  clauses.push([name, run]);
}

function equal(actual, expected) {
  if (!Object.is(actual, expected)) {
    throw new Error(`expected ${String(expected)}, got ${String(actual)}`);
  }
}

/** What a call ends with: the name of the exception, or the value. */
function outcome(call) {
  try {
    return String(call());
  } catch (error) {
    return `throws ${error.name}${error instanceof DOMException ? ` (DOMException ${error.code})` : ''}`;
  }
}

/** @returns {Promise<any>} */
function event(target, type) {
  return new Promise(done => target.addEventListener(type, done, {once: true}));
}

async function opened({WebSocket, url}, path = '/echo', ...more) {
  const socket = new WebSocket(url(path), ...more);
  await event(socket, 'open');
  return socket;
}

/** All events of a socket until it is closed, one line each. */
function story(socket) {
  const lines = [];
  for (const type of ['open', 'message', 'error', 'close']) {
    socket.addEventListener(type, ({data, code, reason, wasClean}) => {
      const about = {message: () => data, close: () => `${code} ${reason} ${wasClean}`}[type] ?? (() => '');
      lines.push(`${type} ${about()} in state ${socket.readyState}`.replace('  ', ' '));
    });
  }
  return event(socket, 'close').then(() => lines);
}

const describe = descriptor =>
  descriptor && Object.entries(descriptor).map(([key, value]) => `${key}: ${typeof value === 'function' ? `${value.name}/${value.length}` : value}`).join(', ');

// 3.1 The WebSocket interface: its shape.

clause('members of the class and of the prototype', ({WebSocket}) => {
  const shape = {};
  for (const [where, object] of [['class', WebSocket], ['prototype', WebSocket.prototype]]) {
    for (const name of Object.getOwnPropertyNames(object)) {
      if (!['name', 'prototype', 'constructor', 'pool'].includes(name)) {
        shape[`${where} ${name}`] = describe(Object.getOwnPropertyDescriptor(object, name));
      }
    }
  }
  return Object.entries(shape).sort();
});
clause('constructor', ({WebSocket}) => [
  WebSocket.length,
  typeof WebSocket,
  Object.getPrototypeOf(WebSocket.prototype) === EventTarget.prototype || Object.getPrototypeOf(Object.getPrototypeOf(WebSocket.prototype)) === EventTarget.prototype,
  outcome(() => WebSocket('ws://x')),
  outcome(() => new WebSocket()),
]);
clause('its string tag', ({WebSocket}) => String(WebSocket.prototype));
clause('constants cannot be changed', ({WebSocket}) => {
  return [
    outcome(() => (WebSocket.OPEN = 5)),
    outcome(() => (WebSocket.prototype.CLOSED = 5)),
    outcome(() => delete WebSocket.CONNECTING),
    WebSocket.OPEN,
  ];
});
clause('members enumerate on an instance', world => {
  const socket = new world.WebSocket(world.url('/echo'));
  const names = [];
  for (const name in socket) names.push(name);
  socket.close();
  return names.filter(name => !(name in EventTarget.prototype)).sort();
});
clause('an instance has no properties of its own', world => {
  const socket = new world.WebSocket(world.url('/echo'));
  socket.close();
  return Reflect.ownKeys(socket).map(String);
});
for (const name of ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol', 'binaryType', 'onopen', 'onerror', 'onclose', 'onmessage']) {
  clause(`${name}: a foreign this is refused`, ({WebSocket}) => {
    const {get, set} = Object.getOwnPropertyDescriptor(findOwner(WebSocket.prototype, name), name);
    return [outcome(() => get.call({})), set && outcome(() => set.call({}, 'arraybuffer')), set && outcome(() => set.call({}, null))];
  });
}
for (const name of ['send', 'close']) {
  clause(`${name}(): a foreign this is refused`, ({WebSocket}) => outcome(() => WebSocket.prototype[name].call({}, 'x')));
}
clause('read-only attributes stay as they are', world => {
  const socket = new world.WebSocket(world.url('/echo'));
  const before = [];
  for (const name of ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol']) {
    before.push(outcome(() => {
      socket[name] = 'x';
    }));
  }
  socket.close();
  return [before, socket.protocol, socket.extensions];
});

function findOwner(object, name) {
  return Object.hasOwn(object, name) ? object : findOwner(Object.getPrototypeOf(object), name);
}

// The constructor: URL.

for (const url of [
  '', '/path', 'path?query', '?x', 'http://HOST/', 'https://HOST/a', 'HTTP://HOST/', 'ws://HOST', 'ws://HOST/a b', 'ws://HOST/ü?ü', 'ws://HOST/a/../b', 'wss://HOST/',
  'ws://HOST/#', 'ws://HOST/#a', '#', 'ws://HOST/?#', 'ftp://HOST/', 'mailto:a@b', 'about:blank', 'javascript:1', 'ws:', 'ws://', 'ws://:80', 'ws://a b/', 'http://[', 'blob:http://HOST/1',
  ' ws://HOST/ ', 'ws://user:pass@HOST/', 'ws://HOST:80/', 'ws://HOST:99999/', 'ws:HOST/x', '//HOST/x', 'ws://HOST/\ud800', 'ws://EXAMPLE.com/', 'data:text/plain,x', 'file:///x', 'wss://HOST:443/a',
]) {
  clause(`new WebSocket(${JSON.stringify(url)})`, ({WebSocket, host}) => {
    const bare = url.includes('HOST:') ? host.split(':')[0] : host;
    return outcome(() => {
      const socket = new WebSocket(url.replace('HOST', bare));
      socket.close();
      return `${socket.url} ${socket.readyState}`;
    });
  });
}
clause('the URL is converted to a string', ({WebSocket, url}) => [
  outcome(() => close(new WebSocket(new URL(url('/a')))).url),
  outcome(() => close(new WebSocket({toString: () => url('/b')})).url),
  outcome(() => new WebSocket(Symbol('x'))),
  outcome(() => close(new WebSocket(null)).url),
  outcome(() => close(new WebSocket(undefined)).url),
  outcome(() => new WebSocket({toString() { throw new RangeError(); }})),
]);

function close(socket) {
  socket.close();
  return socket;
}

// The constructor: protocols.

for (const [text, make] of Object.entries({
  'undefined': () => undefined, 'null': () => null, "''": () => '', "'a'": () => 'a', "'a,b'": () => 'a,b', "'a b'": () => 'a b', '[]': () => [], "['a', 'b']": () => ['a', 'b'],
  "['a', 'a']": () => ['a', 'a'], "['a', 'A']": () => ['a', 'A'], "['']": () => [''], "['a', '']": () => ['a', ''], "['ü']": () => ['ü'], "['a\\u0000']": () => ['a\0'], "['\\u007f']": () => ['\x7f'],
  '12': () => 12, '{}': () => ({}), "new Set(['a'])": () => new Set(['a']), '[1]': () => [1], '[Symbol()]': () => [Symbol()], 'Symbol()': () => Symbol(), "new String('ab')": () => new String('ab'),
  'a function': () => () => 1, "'(a)'": () => '(a)', "'a/b'": () => 'a/b', "'!#$%&\\'*+-.^_`|~'": () => "!#$%&'*+-.^_`|~", '{[Symbol.iterator]: 1}': () => ({[Symbol.iterator]: 1}),
  '{[Symbol.iterator]: null}': () => ({[Symbol.iterator]: null, toString: () => 'ab'}), 'new Array(2)': () => new Array(2), "['chat', 'SuperChat']": () => ['chat', 'SuperChat'],
})) {
  clause(`protocols: ${text}`, ({WebSocket, url}) =>
    outcome(() => {
      const socket = new WebSocket(url('/pick'), make());
      const {readyState, protocol} = close(socket);
      return `${readyState} ${protocol}`;
    }),
  );
}
clause('the URL is looked at before the protocols', ({WebSocket}) => outcome(() => new WebSocket('ftp://x', ['', ''])));
clause('the protocol that the server chose', async world => {
  const socket = new world.WebSocket(world.url('/pick?protocol=b'), ['a', 'b']);
  equal(socket.protocol, '');
  await event(socket, 'open');
  equal(socket.protocol, 'b');
  socket.close();
  await event(socket, 'close');
  return socket.protocol;
});
clause('a protocol that was not asked for', ({WebSocket, url}) => story(new WebSocket(url('/pick?protocol=c'), ['a', 'b'])));
clause('a protocol of another case', ({WebSocket, url}) => story(new WebSocket(url('/pick?protocol=A'), ['a'])));
clause('no protocol where one was asked for', ({WebSocket, url}) => story(new WebSocket(url('/echo'), ['a'])));
clause('a protocol where none was asked for', ({WebSocket, url}) => story(new WebSocket(url('/pick?protocol=a'))));

// readyState, url, extensions over a life.

clause('readyState over a life', async world => {
  const socket = new world.WebSocket(world.url('/echo'));
  const states = [socket.readyState];
  await event(socket, 'open');
  states.push(socket.readyState);
  socket.close();
  states.push(socket.readyState);
  await event(socket, 'close');
  states.push(socket.readyState);
  socket.close();
  states.push(socket.readyState);
  return states;
});
clause('a handshake that the server refuses', ({WebSocket, url}) => story(new WebSocket(url('/refuse?status=403'))));
clause('a handshake with a server that has no such topic', ({WebSocket, url}) => story(new WebSocket(url('/nowhere'))));
clause('a port where nobody listens', ({WebSocket}) => story(new WebSocket('ws://127.0.0.1:1/')));
clause('events come after the script, not in it', async ({WebSocket}) => {
  const socket = new WebSocket('ws://127.0.0.1:1/');
  const seen = [];
  socket.onerror = () => seen.push('error');
  seen.push('script');
  Promise.resolve().then(() => seen.push('microtask'));
  await event(socket, 'close');
  return seen;
});

// close().

for (const [text, args] of Object.entries({
  'nothing': [], '1000': [1000], '3000': [3000], '4999': [4999], '999': [999], '1001': [1001], '1005': [1005], '2999': [2999], '5000': [5000], '65536 + 1000': [66_536], '-1': [-1], 'NaN': [NaN],
  'undefined': [undefined], 'null': [null], "'1000'": ['1000'], "'x'": ['x'], '1000.4': [1000.4], '999.5': [999.5], '2999.5': [2999.5], '3000.5': [3000.5], '4999.5': [4999.5], 'true': [true], 'an object': [{valueOf: () => 3000}],
  'a reason': [1000, 'why'], '123 bytes': [1000, 'x'.repeat(123)], '124 bytes': [1000, 'x'.repeat(124)], '62 of two bytes': [1000, 'ü'.repeat(62)], '61 of two bytes': [1000, 'ü'.repeat(61)],
  'a lone surrogate': [3000, 'a\ud800b'], '41 lone surrogates': [3000, '\udc00'.repeat(41)], '42 lone surrogates': [3000, '\udc00'.repeat(42)], 'a separator': [3000, '·a·'], 'null as reason': [3000, null], 'an object as reason': [3000, {}],
  'undefined and a reason': [undefined, 'why'], 'undefined and an empty reason': [undefined, ''], '1000n': [1000n], 'Symbol()': [Symbol()], 'reason Symbol()': [1000, Symbol()], 'a bad code and a bad reason': [1, 'x'.repeat(124)],
  'code and undefined': [4000, undefined], 'code and empty': [4000, ''], 'an emoji': [4000, '\u{1f514}'.repeat(30)], '31 emojis': [4000, '\u{1f514}'.repeat(31)], 'Infinity': [Infinity],
})) {
  clause(`close() with ${text}`, async world => {
    const socket = await opened(world);
    const how = outcome(() => socket.close(...args));
    const state = socket.readyState;
    if (state === 1) {
      socket.close();
    }
    const {code, reason, wasClean} = await event(socket, 'close');
    return [how, state, code, reason, wasClean];
  });
}
clause('close() while connecting', ({WebSocket, url}) => {
  const socket = new WebSocket(url('/echo'));
  const told = story(socket);
  socket.close(3000, 'early');
  equal(socket.readyState, 2);
  return told;
});
clause('close() with a bad code while connecting changes nothing', async ({WebSocket, url}) => {
  const socket = new WebSocket(url('/echo'));
  const how = outcome(() => socket.close(1));
  await event(socket, 'open');
  socket.close();
  return [how, await story(socket)];
});
clause('close() twice', async world => {
  const socket = await opened(world);
  socket.close(3000, 'one');
  socket.close(3001, 'two');
  return story(socket);
});
clause('close() in the open handler', async ({WebSocket, url}) => {
  const socket = new WebSocket(url('/echo'));
  socket.onopen = () => socket.close(3003);
  return story(socket);
});
clause('close() in the message handler: no message after it', async world => {
  const socket = await opened(world, '/burst');
  const told = story(socket);
  socket.onmessage = () => socket.close();
  socket.send('5');
  return told;
});
clause('close() after the end, also with a bad code', async world => {
  const socket = await opened(world);
  socket.close();
  await event(socket, 'close');
  return [outcome(() => socket.close()), outcome(() => socket.close(1)), outcome(() => socket.close(1000, 'x'.repeat(124)))];
});
for (const query of ['code=1000', 'code=4000&reason=bye', 'code=1001&reason=going', '', 'code=1011&reason=%C2%B7', 'code=3999']) {
  clause(`the server ends it: ${query || 'without a code'}`, async world => {
    const socket = await opened(world, `/close?${query}`);
    const told = story(socket);
    socket.send('now');
    return told;
  });
}
clause('the server ends it at once', ({WebSocket, url}) => story(new WebSocket(url('/bye?code=4000'))));
clause('the connection is cut', async world => {
  const socket = await opened(world, '/cut');
  const told = story(socket);
  socket.send('now');
  return told;
});
clause('what was sent before close() arrives', async world => {
  const listener = await opened(world, `/room/${Math.random()}`);
  const heard = [];
  listener.onmessage = ({data}) => heard.push(data);
  const socket = new world.WebSocket(listener.url);
  await event(socket, 'open');
  for (let i = 0; i < 50; i++) socket.send(String(i));
  socket.close();
  await event(socket, 'close');
  while (heard.length < 50) await event(listener, 'message');
  listener.close();
  return heard.join();
});

// send().

for (const [text, make] of Object.entries({
  "''": () => '', "'text'": () => 'text', 'ü': () => 'ü', 'an emoji': () => '\u{1f514}', 'a lone surrogate': () => 'a\ud800', 'a low one first': () => '\udc00b', 'a separator': () => '·', 'looks like control': () => '·UNSUBSCRIBE·/echo·',
  'a NUL': () => 'a\0b', 'null': () => null, 'undefined': () => undefined, '12': () => 12, '{}': () => ({}), '[1, 2]': () => [1, 2], 'true': () => true, 'a URL': () => new URL('http://x/'),
  'an ArrayBuffer': () => Uint8Array.of(1, 2, 3).buffer, 'an empty ArrayBuffer': () => new ArrayBuffer(0), 'a Uint8Array': () => Uint8Array.of(0xc2, 0xb7), 'part of a buffer': () => Uint8Array.of(1, 2, 3, 4).subarray(1, 3),
  'a DataView': () => new DataView(Uint8Array.of(1, 2, 3).buffer, 1), 'a Float64Array': () => Float64Array.of(1.5), 'a Blob': () => new Blob(['blob ', Uint8Array.of(255)]), 'an empty Blob': () => new Blob([]), 'a File': () => new File(['file'], 'name'),
  'a SharedArrayBuffer': () => shared(), 'a view of a shared one': () => new Uint8Array(shared(), 0, 2), 'a buffer of another realm': () => new (realm().Uint8Array)([7, 8]).buffer, 'a view of another realm': () => new (realm().Uint8Array)([7, 8]),
  'a Blob of another realm': () => new (realm().Blob)(['far']), 'a string of another realm': () => new (realm().String)('far'), 'pretends to be a buffer': () => ({[Symbol.toStringTag]: 'ArrayBuffer', byteLength: 2}),
  'inherits from a Blob': () => Object.create(Blob.prototype), 'an object that throws': () => ({toString() { throw new RangeError(); }}), 'a Symbol': () => Symbol(), '1n': () => 1n,
  'a detached buffer': () => { const buffer = new ArrayBuffer(4); structuredClone(buffer, {transfer: [buffer]}); return buffer; },
  'a detached view': () => { const bytes = new Uint8Array(4); structuredClone(bytes.buffer, {transfer: [bytes.buffer]}); return bytes; },
  'a large text': () => 'x'.repeat(70_000), 'a resizable buffer': () => new ArrayBuffer(2, {maxByteLength: 4}), 'a view of a resizable one': () => new Uint8Array(new ArrayBuffer(2, {maxByteLength: 4})), 'a function': () => function named() {},
})) {
  clause(`send(): ${text}`, async world => {
    const socket = await opened(world);
    socket.binaryType = 'arraybuffer';
    const how = outcome(() => socket.send(make()));
    const buffered = socket.bufferedAmount;
    socket.send('end');
    const {data} = await event(socket, 'message');
    const back = typeof data === 'string' ? data : `bytes ${new Uint8Array(data)}`;
    socket.close();
    await event(socket, 'close');
    return [how, how.startsWith('throws') ? '' : buffered, back];
  });
}
function shared() {
  return new WebAssembly.Memory({initial: 1, maximum: 1, shared: true}).buffer;
}
function realm() {
  const frame = document.body.appendChild(document.createElement('iframe'));
  return frame.contentWindow;
}
clause('send() without an argument', async world => {
  const socket = await opened(world);
  const how = outcome(() => socket.send());
  socket.close();
  return how;
});
clause('send() while connecting', ({WebSocket, url}) => {
  const socket = new WebSocket(url('/echo'));
  const how = [outcome(() => socket.send('x')), outcome(() => socket.send(new Blob(['x']))), outcome(() => socket.send()), outcome(() => socket.send(Symbol())), socket.bufferedAmount];
  socket.close();
  return how;
});
clause('a buffer that is changed after send()', async world => {
  const socket = await opened(world);
  socket.binaryType = 'arraybuffer';
  const bytes = Uint8Array.of(1, 2, 3);
  socket.send(bytes);
  bytes.fill(9);
  const {data} = await event(socket, 'message');
  socket.close();
  return String(new Uint8Array(data));
});
clause('text, blobs and buffers keep their order', async world => {
  const socket = await opened(world);
  const seen = [];
  const all = new Promise(done => (socket.onmessage = ({data}) => seen.push(typeof data === 'string' ? data : data.size) === 7 && done()));
  for (const data of ['a', new Blob(['x'.repeat(100_000)]), 'b', Uint8Array.of(1), new Blob(['yy']), 'c', new ArrayBuffer(3)]) socket.send(data);
  await all;
  socket.close();
  return seen;
});

// bufferedAmount.

clause('bufferedAmount counts payload bytes and does not fall while script runs', async world => {
  const socket = await opened(world);
  const seen = [socket.bufferedAmount];
  for (const data of ['abc', 'üü', '\u{1f514}', '\ud800', Uint8Array.of(1, 2), new Blob(['blob']), '']) {
    socket.send(data);
    seen.push(socket.bufferedAmount);
  }
  await Promise.resolve();
  seen.push(socket.bufferedAmount);
  const back = new Promise(done => {
    let count = 0;
    socket.onmessage = () => ++count === 7 && done();
  });
  await back;
  seen.push(socket.bufferedAmount);
  socket.close();
  return seen;
});
clause('bufferedAmount grows with what is sent after close()', async world => {
  const socket = await opened(world);
  socket.close();
  const seen = [socket.bufferedAmount];
  for (const data of ['abc', Uint8Array.of(1, 2), new Blob(['blob'])]) {
    socket.send(data);
    seen.push(socket.bufferedAmount);
  }
  await event(socket, 'close');
  socket.send('ü');
  seen.push(socket.bufferedAmount);
  await new Promise(done => setTimeout(done));
  seen.push(socket.bufferedAmount);
  return seen;
});

// binaryType.

clause('binaryType', world => {
  const socket = new world.WebSocket(world.url('/echo'));
  const seen = [socket.binaryType];
  for (const type of ['arraybuffer', 'nonsense', 'blob', 'ARRAYBUFFER', '', null, undefined, new String('arraybuffer')]) {
    seen.push(outcome(() => (socket.binaryType = type)), socket.binaryType);
  }
  seen.push(outcome(() => (socket.binaryType = Symbol())));
  socket.close();
  return seen;
});
clause('binaryType decides when the message comes', async world => {
  const socket = await opened(world);
  const seen = [];
  for (const type of ['blob', 'arraybuffer', 'blob']) {
    socket.send(Uint8Array.of(1, 2));
    socket.binaryType = type;
    const {data} = await event(socket, 'message');
    seen.push(Object.prototype.toString.call(data), data.size ?? data.byteLength, data.type);
  }
  socket.close();
  return seen;
});

// Events.

clause('the events', async world => {
  const socket = new world.WebSocket(world.url('/echo'));
  const seen = [];
  const note = event => {
    const {type, bubbles, cancelable, composed, target, currentTarget, eventPhase, defaultPrevented} = event;
    seen.push([Object.prototype.toString.call(event), type, bubbles, cancelable, composed, target === socket, currentTarget === socket, eventPhase, defaultPrevented]);
  };
  for (const type of ['open', 'message', 'error', 'close']) socket.addEventListener(type, note);
  await event(socket, 'open');
  socket.send('x');
  await event(socket, 'message');
  socket.close();
  await event(socket, 'close');
  return seen;
});
clause('the message event', async world => {
  const socket = await opened(world);
  socket.send('x');
  const {data, origin, lastEventId, source, ports} = await event(socket, 'message');
  socket.close();
  return [data, origin, lastEventId, source, ports.length];
});
clause('handlers and listeners keep their order', async world => {
  const socket = new world.WebSocket(world.url('/echo'));
  const seen = [];
  socket.addEventListener('open', () => seen.push('first'));
  socket.onopen = () => seen.push('replaced');
  socket.addEventListener('open', () => seen.push('third'));
  socket.onopen = function (event) {
    seen.push(`second ${this === socket} ${event.type}`);
  };
  await event(socket, 'open');
  socket.onmessage = () => seen.push('gone');
  socket.addEventListener('message', () => seen.push('a'));
  socket.onmessage = null;
  socket.onmessage = () => seen.push('b');
  socket.send('x');
  await event(socket, 'message');
  socket.close();
  return seen;
});
clause('what a handler may be', world => {
  const socket = new world.WebSocket(world.url('/echo'));
  const seen = [];
  const object = {handleEvent() {}};
  const call = () => {};
  for (const handler of [call, object, null, 1, 'x', undefined, true, Symbol(), [], class {}]) {
    socket.onmessage = handler;
    seen.push(socket.onmessage === handler, socket.onmessage === null);
  }
  socket.close();
  return seen;
});
clause('an object as handler is not called', async world => {
  const socket = await opened(world);
  let called = false;
  socket.onmessage = {handleEvent: () => (called = true)};
  socket.send('x');
  await event(socket, 'message');
  socket.close();
  return called;
});
clause('removeEventListener, once, dispatchEvent', async world => {
  const socket = await opened(world);
  const seen = [];
  const listener = () => seen.push('listener');
  socket.addEventListener('message', listener);
  socket.addEventListener('message', listener);
  socket.addEventListener('message', () => seen.push('once'), {once: true});
  socket.onmessage = ({data, isTrusted}) => seen.push(`on ${data} ${isTrusted && typeof data}`);
  socket.dispatchEvent(new MessageEvent('message', {data: 'fake'}));
  socket.removeEventListener('message', listener);
  socket.dispatchEvent(new MessageEvent('message', {data: 'again'}));
  socket.close();
  return [seen, socket.readyState];
});
clause('a message sent in the open handler of the server is not lost', async ({WebSocket, url}) => {
  const socket = new WebSocket(url('/hello'));
  await event(socket, 'open');
  const {data} = await event(socket, 'message');
  socket.close();
  return data;
});
clause('a hundred messages in order', async world => {
  const socket = await opened(world, '/burst');
  const seen = [];
  const all = new Promise(done => (socket.onmessage = ({data}) => seen.push(data) === 100 && done()));
  socket.send('100');
  await all;
  socket.close();
  return seen.join();
});
clause('ten sockets on one URL are ten', async world => {
  const sockets = Array.from({length: 10}, () => new world.WebSocket(world.url('/echo')));
  const seen = await Promise.all(
    sockets.map(async (socket, i) => {
      await event(socket, 'open');
      socket.send(String(i));
      return (await event(socket, 'message')).data;
    }),
  );
  sockets.forEach(socket => socket.close());
  return seen;
});
clause('a class of one\'s own on top', async ({WebSocket, url}) => {
  class Own extends WebSocket {
    constructor(...args) {
      super(...args);
      this.extra = 1;
    }
    get twice() {
      return this.readyState * 2;
    }
  }
  const socket = new Own(url('/echo'));
  await event(socket, 'open');
  const seen = [socket.twice, socket.extra, socket instanceof WebSocket, socket instanceof EventTarget];
  socket.close();
  return seen;
});
clause('relative URLs follow the base of the document', ({WebSocket, host}) => {
  const base = document.head.appendChild(document.createElement('base'));
  base.href = `http://${host}/some/where/`;
  const socket = close(new WebSocket('else?x=1'));
  base.remove();
  return socket.url;
});
