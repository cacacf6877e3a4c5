// Compiles under `strict`, against the declarations that the package is published with; never run.
import {
  MultiplexError,
  MultiplexWebSocket,
  Pool,
  Topic,
  bytes,
  constant,
  exponential,
  json,
  never,
  steps,
  text,
  type Backoff,
  type Codec,
  type LinkState,
  type Position,
  type Snapshot,
  type Status,
} from 'multiplex-js';
import {cbor} from 'multiplex-js/cbor';
import {msgpack} from 'multiplex-js/msgpack';

type Say = {text: string};
type Said = {who: string; text: string};

// Where a WebSocket is asked for, ours will do.
const socket: WebSocket = new MultiplexWebSocket('/echo', ['chat']);
const Bound: typeof MultiplexWebSocket = new Pool({maxTopics: 10}).WebSocket;
const bound = new Bound(new URL('ws://host/'));
bound.onclose = event => console.log(event.code, event.wasClean);
bound.onmessage = ({data}) => console.log(data);
bound.addEventListener('message', ({data}) => console.log(data));
const open: 1 = MultiplexWebSocket.OPEN;
bound.binaryType = 'arraybuffer';
// @ts-expect-error no such type
bound.binaryType = 'text';

const backoff: Backoff = exponential({first: 100, most: 1000});
const pool = new Pool({backoff, token: async why => (why === 'expired' ? 'new' : 'old'), heartbeat: false});
await pool.refresh();
await pool.refresh('token');
pool.trace = (direction: 'in' | 'out', message) => console.log(direction, message);
const links: readonly LinkState[] = pool.links;

const room = new Topic<Said, Say>('/chat/tea', {pool, backoff: steps(1, 2), queue: false, recover: {epoch: 'e', offset: 1}});
const off: () => void = room.on('message', said => console.log(said.who.length));
room.on('status', (status: Status) => console.log(status));
room.on('recovered', ({missed}) => console.log(missed?.toFixed()));
// @ts-expect-error no such event
room.on('nothing', () => {});
await room.send({text: 'hi'});
// @ts-expect-error not what goes out
room.send({who: 'ann', text: 'hi'}).then((n: number) => n);
const said: Said = await room.recv();
for await (const {who} of room) who.toUpperCase();
const answer: Said = await room.request({text: '?'}, {timeout: 5});
room.onRequest(async ({who}) => ({text: who}));
const snapshot: Snapshot<Said> = room.getSnapshot();
const position: Position | undefined = room.position;
room.set(socket);
room.set(new MultiplexWebSocket('/x'));
room.set(new Error('no'));
room.restart({from: 'latest'});
const {code}: {code: number} = await room.close(1000, 'bye');

const words = new Topic('/words', {codec: text});
const word: string = await words.recv();
const raw = new Topic(async () => new URL('ws://host/raw'), {codec: bytes});
const size: number = (await raw.recv()).byteLength;
raw.send(new ArrayBuffer(2));
const own: Codec<Date, Date> = {name: 'date', encode: it => it.toISOString(), decode: it => new Date(String(it))};
const when: number = (await new Topic('/when', {codec: own}).recv()).getTime();
new Topic('/any', {codec: cbor});
new Topic('/any', {codec: msgpack, backoff: never()});
new Topic('/any', {codec: json, backoff: constant(5)});
try {
  await words.ready({signal: AbortSignal.timeout(5)});
} catch (error) {
  if (error instanceof MultiplexError && error.kind === 'refused') console.log(error.code, error.reason);
}
export {answer, code, links, off, open, position, said, size, snapshot, when, word};
