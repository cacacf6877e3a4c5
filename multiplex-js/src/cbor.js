import {decode, encode} from 'cborg';
import {binary} from './codec.js';

/** Values as CBOR, by the library `cborg`. @type {import('./codec.js').Codec<any, any>} */
export const cbor = binary('cbor', value => encode(value), bytes => decode(bytes));
