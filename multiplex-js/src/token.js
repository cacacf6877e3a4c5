import {TOKEN_LIMIT} from './wire.js';

/** Part of its life after which a token is replaced, and how soon at the earliest, in milliseconds. */
const USED = 0.8;
const SOON = 5_000;

/**
 * A token that can travel in a handshake. The error does not say which it was.
 *
 * @param {string | undefined} token
 */
export function checked(token) {
  if (token && (token.length > TOKEN_LIMIT || !/^[\w.~+-]+$/.test(token))) {
    throw new TypeError(`a token has at most ${TOKEN_LIMIT} letters, digits and -._~+: length=${token.length}`);
  }
  return token;
}

/**
 * When to have another, in milliseconds of the epoch; never for one that does not say when it expires.
 *
 * @param {string} [token] a JWT
 */
export function renewalOf(token = '') {
  try {
    const {exp} = JSON.parse(atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
    const now = Date.now();
    return exp > 0 ? now + Math.max(SOON, (exp * 1000 - now) * USED) : Infinity;
  } catch {
    return Infinity;
  }
}
