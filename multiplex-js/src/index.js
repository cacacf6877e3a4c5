export * from './core.js';
export {bytes, json, text} from './codec.js';
export {MultiplexError} from './errors.js';
export {Topic} from './topic.js';

/** @typedef {import('./backoff.js').Backoff} Backoff */
/**
 * @template In, Out
 * @typedef {import('./codec.js').Codec<In, Out>} Codec
 */
/** @typedef {import('./errors.js').ErrorKind} ErrorKind */
/** @typedef {import('./feed.js').Position} Position */
/** @typedef {import('./feed.js').Status} Status */
/** @typedef {import('./pool.js').LinkState} LinkState */
/** @typedef {import('./pool.js').PoolOptions} PoolOptions */
/**
 * @template In, Out
 * @typedef {import('./topic.js').TopicOptions<In, Out>} TopicOptions
 */
/**
 * @template In
 * @typedef {import('./topic.js').Snapshot<In>} Snapshot
 */
