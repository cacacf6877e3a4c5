import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {byteLength, control, data, decode} from '../src/wire.js';
import {parseClientFrame} from './stub.js';

/** Read by the tests of the Java server too. */
const {cases} = JSON.parse(readFileSync(new URL('../../docs/protocol-vectors.json', import.meta.url), 'utf8'));

const isV1 = ({dialect}) => dialect === 'carillon.v1';
const bytesOf = hex => Uint8Array.from(Buffer.from(hex, 'hex'));
const messageOf = ({text, hex}) => text ?? bytesOf(hex).buffer;
const titleOf = ({dialect, from, name}) => `${dialect}, from the ${from}: ${name}`;
const comparable = payload => (typeof payload === 'string' ? payload : [...new Uint8Array(payload)]);

/** What a decoder must make of a case. */
function expected({data, control}) {
  if (control) {
    return control;
  }
  const {payload, payloadHex, ...head} = data;
  return {...head, payload: payload ?? [...bytesOf(payloadHex)]};
}

for (const it of cases.filter(({from}) => from === 'server')) {
  test(`decodes ${titleOf(it)}`, () => {
    const frame = decode(messageOf(it), isV1(it));
    assert.deepEqual('payload' in frame ? {...frame, payload: comparable(frame.payload)} : frame, expected(it));
  });
}

for (const it of cases.filter(({error, decodeOnly}) => !error && !decodeOnly)) {
  test(`encodes ${titleOf(it)}`, () => {
    if (it.control) {
      return assert.equal(control(it.control.action, ...it.control.params), it.text);
    }
    const {topic, payload, payloadHex, offset, request} = it.data;
    const address = topic + (offset === undefined ? '' : `|${offset}`) + (request === undefined ? '' : `^${request}`);
    const message = data(address, payload ?? bytesOf(payloadHex));
    assert.deepEqual(comparable(message), it.text ?? [...bytesOf(it.hex)]);
  });
}

// The server of the tests is held to the same cases.
for (const it of cases.filter(({from}) => from === 'client')) {
  test(`the stub decodes ${titleOf(it)}`, () => {
    const message = it.text ?? Buffer.from(it.hex, 'hex');
    const {frame, error} = parseClientFrame(message, Buffer.byteLength(message), isV1(it), isV1(it) ? 512 : 100);
    assert.equal(error, it.error);
    if (it.control) {
      assert.deepEqual(frame, it.control);
    } else if (it.data) {
      const {topic, payload, request} = frame;
      assert.deepEqual({topic, payload: comparable(payload), ...(request === undefined ? {} : {request: String(request)})}, expected(it));
    }
  });
}

test('a topic with a mark that is none', () => {
  for (const head of ['/a|1^2', '/a|', '/a^x', '/a|-1', '|1', 'a|1']) {
    assert.deepEqual(decode(`${head}·p`, true), {invalid: 'Invalid Topic'}, head);
  }
  assert.deepEqual(decode('/a|1·p', false), {topic: '/a|1', payload: 'p'});
});

test('lengths are those of UTF-8', () => {
  for (const text of ['', 'a', 'ü', '€', '\u{1f514}', '\ud800', '\udc00a', '\ud800\ud800\udc00', 'aü€\u{1f514}']) {
    assert.equal(byteLength(text), new TextEncoder().encode(text).length, JSON.stringify(text));
  }
});

test('no message of any form makes the decoder throw', () => {
  const pieces = ['·', '/', 'a', '|', '^', '#', '1', 'OK', 'ERR', 'SUBSCRIBE', 'UNSUBSCRIBE', 'INVALID', 'PRESENCE', '\ud800', '\u0000', 'ü'];
  let seed = 7;
  const random = below => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from({length: random(12)}, () => pieces[random(pieces.length)]).join('');
    const bytes = Uint8Array.from({length: random(12)}, () => [0xc2, 0xb7, 0x2f, 0xff, 0x61, random(256)][random(6)]);
    for (const message of [text, bytes.buffer]) {
      for (const v1 of [false, true]) {
        const frame = decode(message, v1);
        const kinds = ['payload', 'action', 'invalid'].filter(kind => kind in frame);
        assert.equal(kinds.length, 1);
        if ('payload' in frame) {
          assert.ok(frame.topic.startsWith('/'));
        }
      }
    }
  }
});
