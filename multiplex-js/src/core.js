// What a page needs for sockets alone.
export {constant, exponential, never, steps} from './backoff.js';
export {Pool} from './pool.js';
export {MultiplexWebSocket} from './socket.js';
