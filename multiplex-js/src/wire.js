// The two dialects as text and bytes; nothing here knows a socket.
//
//   data      topic · payload                   in carillon.v1 also  topic|offset · payload  and  topic^id · payload
//   control   · ACTION · (PARAM ·)*             the last parameter of some actions may contain the separator

/** What separates the fields of a frame: U+00B7, in UTF-8 the bytes C2 B7. */
export const SEPARATOR = '\u00b7';
/** The subprotocol of the base dialect. */
export const BASE = 'rocket-multiplex';
/** The subprotocol of the extended dialect. */
export const V1 = 'carillon.v1';

/**
 * Most bytes of a topic and of a control message, per dialect.
 *
 * @type {Record<'base' | 'v1', {topic: number, control: number}>}
 */
export const LIMITS = {base: {topic: 100, control: 512}, v1: {topic: 512, control: 4096}};
/** Most characters of a token: what a REFRESH has room for. */
export const TOKEN_LIMIT = 16_300;

/**
 * How many parameters an action has whose last one may contain the separator.
 *
 * @type {Record<string, number>}
 */
const OPEN_ENDED = {UNSUBSCRIBE: 3, INVALID: 1, PRESENCE: 3};

/**
 * @typedef {string | ArrayBuffer} Payload text or bytes, as they travel
 * @typedef {{topic: string, payload: Payload, offset?: number, request?: string}} Data a message of a topic
 * @typedef {{action: string, params: string[]}} Control
 * @typedef {{invalid: string}} Invalid a frame that breaks the rules, and which one
 */

/**
 * A control message.
 *
 * @param {string} action
 * @param {...string} params
 */
export function control(action, ...params) {
  return SEPARATOR + [action, ...params, ''].join(SEPARATOR);
}

/**
 * A data message. Bytes are copied, so that the caller may change them afterwards; a blob stays one.
 *
 * @param {string} address
 * @param {string | Uint8Array | Blob} payload
 * @returns {string | Uint8Array<ArrayBuffer> | Blob}
 */
export function data(address, payload) {
  const head = address + SEPARATOR;
  if (typeof payload === 'string') {
    return head + payload;
  }
  if (!(payload instanceof Uint8Array)) {
    return new Blob([head, payload]);
  }
  const start = new TextEncoder().encode(head);
  const frame = new Uint8Array(start.length + payload.length);
  frame.set(start);
  frame.set(payload, start.length);
  return frame;
}

/**
 * A received message, taken apart.
 *
 * @param {Payload} message
 * @param {boolean} v1 whether the extensions of carillon.v1 are known
 * @returns {Data | Control | Invalid}
 */
export function decode(message, v1) {
  if (typeof message !== 'string') {
    return decodeBinary(message, v1);
  }
  const at = message.indexOf(SEPARATOR);
  if (at === 0) {
    return decodeControl(message);
  }
  return at < 0 ? {invalid: 'No Control Character'} : head(message.slice(0, at), message.slice(at + 1), v1);
}

/**
 * @param {ArrayBuffer} message
 * @param {boolean} v1
 * @returns {Data | Invalid}
 */
function decodeBinary(message, v1) {
  const bytes = new Uint8Array(message);
  let at = bytes.indexOf(0xc2);
  while (at >= 0 && bytes[at + 1] !== 0xb7) {
    at = bytes.indexOf(0xc2, at + 1);
  }
  if (at < 0) {
    return {invalid: 'No Control Character'};
  }
  try {
    const topic = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes.subarray(0, at));
    return head(topic, message.slice(at + 2), v1);
  } catch {
    return {invalid: 'Invalid Utf-8'};
  }
}

/**
 * @param {string} text
 * @param {Payload} payload
 * @param {boolean} v1
 * @returns {Data | Invalid}
 */
function head(text, payload, v1) {
  const [, topic, mark, number] = /** @type {string[]} */ (
    (v1 && /^([^|^]*)(?:([|^])(\d+))?$/.exec(text)) || (v1 ? [] : ['', text])
  );
  if (!topic?.startsWith('/')) {
    return {invalid: 'Invalid Topic'};
  }
  if (!mark) {
    return {topic, payload};
  }
  return mark === '|' ? {topic, payload, offset: Number(number)} : {topic, payload, request: number};
}

/**
 * @param {string} message
 * @returns {Control | Invalid}
 */
function decodeControl(message) {
  const end = message.length > 1 && message.endsWith(SEPARATOR) ? -1 : undefined;
  let fields = message.slice(1, end).split(SEPARATOR);
  // OK repeats the action behind itself, ERR behind its reason.
  const at = fields[0] === 'OK' ? 1 : fields[0] === 'ERR' ? 2 : 0;
  const last = at + (OPEN_ENDED[fields[at]] ?? Infinity);
  if (fields.length > last) {
    fields = [...fields.slice(0, last), fields.slice(last).join(SEPARATOR)];
  }
  const [action, ...params] = fields;
  return action && params.length >= at + 1 ? {action, params} : {invalid: 'Control Message Invalid'};
}

/**
 * Bytes of `text` in UTF-8.
 *
 * @param {string} text
 */
export function byteLength(text) {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) {
      bytes += unit > 0x7ff ? 2 : 1;
    }
    if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      i++; // A pair is four bytes for two units.
    }
  }
  return bytes;
}
