/**
 * How long to wait before the next try, in milliseconds; `null` gives up.
 *
 * @typedef {(failures: number, end?: {code: number, reason: string}) => number | null} Backoff `failures` counts the tries
 *   that failed in a row, from 0; `end` says how the last one ended
 */

/**
 * Anything from nothing to a bound that doubles with every failure. The full jitter keeps the clients of a stopped server
 * from coming back all at once.
 *
 * @param {{first?: number, most?: number, random?: () => number}} [options] first and last bound, in milliseconds: 500 and
 *   20 000; `random` gives a number from 0 to below 1
 * @returns {Backoff}
 */
export function exponential({first = 500, most = 20_000, random = Math.random} = {}) {
  return failures => random() * Math.min(most, first * 2 ** failures);
}

/**
 * Always the same wait.
 *
 * @param {number} delay in milliseconds
 * @returns {Backoff}
 */
export function constant(delay) {
  return () => delay;
}

/**
 * One wait after the other, then none any more.
 *
 * @param {...number} delays in milliseconds
 * @returns {Backoff}
 */
export function steps(...delays) {
  return failures => delays[failures] ?? null;
}

/**
 * No second try.
 *
 * @returns {Backoff}
 */
export function never() {
  return () => null;
}

/** A server that says it restarts, but not for how long (1012), is left alone for 5 to 30 s. */
const RESTART = {least: 5_000, most: 30_000};

/**
 * What the server itself asked for, else what `backoff` says.
 *
 * @param {Backoff} backoff
 * @param {number} failures
 * @param {{code: number, reason: string}} end
 */
export function delayAfter(backoff, failures, end) {
  const delay = backoff(failures, end);
  if (delay === null || end.code !== 1012) {
    return delay;
  }
  const asked = /^retry=(\d{1,9})$/.exec(end.reason);
  return asked ? Number(asked[1]) : RESTART.least + Math.random() * (RESTART.most - RESTART.least);
}

const FINAL = new Set([1000, 1002, 1003, 1007, 1008, 1009, 1010, 4401, 4403, 4404, 4409]);

/**
 * Whether an end with this code would only be repeated by another try.
 *
 * @param {number} code
 */
export function isFinal(code) {
  return FINAL.has(code) || (code >= 4000 && code < 4100);
}
