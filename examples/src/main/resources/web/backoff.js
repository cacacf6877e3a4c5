/** Longest wait before the first new try, and the bound that the doubling stops at, in milliseconds. */
const FIRST = 500;
const MOST = 20_000;
/** A server that says it restarts (1012) is left alone for so long, in milliseconds. */
const RESTART_LEAST = 5_000;
const RESTART_MOST = 30_000;

/**
 * How long to wait before a new try, in milliseconds: anything from nothing to a bound that doubles with every failure
 * from 0.5 s to 20 s. The full jitter keeps the clients of a stopped server from coming back all at once.
 *
 * @param {number} failures tries that failed in a row, from 0
 * @param {() => number} [random] from 0 to below 1
 */
export function backoff(failures, random = Math.random) {
  return random() * Math.min(MOST, FIRST * 2 ** failures);
}

/** How long to wait after a server said that it restarts, in milliseconds: 5 to 30 s at random. */
export function restartDelay(random = Math.random) {
  return RESTART_LEAST + random() * (RESTART_MOST - RESTART_LEAST);
}
