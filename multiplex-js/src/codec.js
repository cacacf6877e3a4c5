import {MultiplexError} from './errors.js';

/**
 * Values to payloads and back. A string travels as text, bytes as binary.
 *
 * @template In, Out
 * @typedef {object} Codec
 * @property {string} name
 * @property {(value: Out) => string | Uint8Array} encode
 * @property {(payload: string | ArrayBuffer) => In} decode
 */

/** Strings as text; binary does not decode. @type {Codec<string, string>} */
export const text = {
  name: 'text',
  encode: String,
  decode(payload) {
    if (typeof payload !== 'string') {
      throw new TypeError('binary where text was expected');
    }
    return payload;
  },
};

/** Bytes as binary; text does not decode. @type {Codec<Uint8Array, ArrayBuffer | ArrayBufferView>} */
export const bytes = {
  name: 'bytes',
  encode: value =>
    ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value),
  decode: payload => {
    if (typeof payload === 'string') {
      throw new TypeError('text where binary was expected');
    }
    return new Uint8Array(payload);
  },
};

/** Values as JSON text; JSON in binary decodes too. @type {Codec<any, any>} */
export const json = {
  name: 'json',
  encode(value) {
    const encoded = JSON.stringify(value);
    if (encoded === undefined) {
      throw new TypeError('no JSON for this value');
    }
    return encoded;
  },
  decode: payload => JSON.parse(textOf(payload)),
};

/**
 * A codec for a binary format; what comes as text is its bytes in UTF-8.
 *
 * @template In, Out
 * @param {string} name
 * @param {(value: Out) => Uint8Array} encode
 * @param {(bytes: Uint8Array) => In} decode
 * @returns {Codec<In, Out>}
 */
export function binary(name, encode, decode) {
  return {
    name,
    encode,
    decode: payload => decode(typeof payload === 'string' ? new TextEncoder().encode(payload) : new Uint8Array(payload)),
  };
}

/** @param {string | ArrayBuffer} payload */
function textOf(payload) {
  return typeof payload === 'string' ? payload : new TextDecoder('utf-8', {fatal: true}).decode(payload);
}

/**
 * Runs `step` of a codec.
 *
 * @template T
 * @param {'encode' | 'decode'} kind
 * @param {Codec<any, any>} codec
 * @param {() => T} step
 * @returns {T}
 */
export function converted(kind, codec, step) {
  try {
    return step();
  } catch (cause) {
    const does = kind === 'encode' ? 'failed to serialize message' : 'failed to deserialize message';
    throw new MultiplexError(kind, `${does}: codec=${codec.name}, ${cause}`, {cause});
  }
}
