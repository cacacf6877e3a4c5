import {decode, encode} from '@msgpack/msgpack';
import {binary} from './codec.js';

/** Values as MessagePack, by the library `@msgpack/msgpack`. @type {import('./codec.js').Codec<any, any>} */
export const msgpack = binary('msgpack', value => encode(value), bytes => decode(bytes));
