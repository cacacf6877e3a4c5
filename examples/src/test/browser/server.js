import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createServer} from 'node:net';
import {delimiter} from 'node:path';
import {fileURLToPath} from 'node:url';

const JAR = fileURLToPath(new URL('../../../target/carillon.jar', import.meta.url));
const TEST_CLASSES = fileURLToPath(new URL('../../../target/test-classes', import.meta.url));
const CONF = fileURLToPath(new URL('../../../../conf/server.json', import.meta.url));
/** How long a start may take, in milliseconds, and how often it is looked at. */
const START_TIMEOUT = 60_000;
const LOOK_EVERY = 50;

/** The server from the fat jar, as a process. */
export class Server {
  #process;
  #output = '';
  #settings;
  #program = ['-jar', JAR];

  /**
   * @param {number} port
   * @param {Object<string, string>} settings as environment variables
   */
  constructor(port, settings = {}) {
    this.port = port;
    this.#settings = settings;
  }

  /**
   * A server that tells what it has counted, see {@link counters}.
   *
   * @param {Object<string, string>} [settings] as environment variables
   */
  static async thatTells(settings) {
    const routes = ['PageRoutes', 'UpdatesRoutes', 'CountersRoutes'].map(name => `io.carillon.examples.${name}`).join();
    const server = new Server(await freePort(), {CARILLON_HTTP_ROUTES: routes, ...settings});
    server.#program = ['-cp', JAR + delimiter + TEST_CLASSES, 'io.carillon.Main'];
    return server;
  }

  get url() {
    return `http://localhost:${this.port}/`;
  }

  /** Starts a server on a free port, and sees to it that none outlives the test. */
  static async start(t, settings = {}) {
    const server = new Server(await freePort(), settings);
    t.after(() => server.kill());
    await server.start();
    return server;
  }

  /** Starts it, at first or again; it serves the page when this is done. */
  async start() {
    this.#process = spawn('java', [...this.#program, '-conf', CONF], {
      env: {...process.env, ...this.#settings, PORT: String(this.port)},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.setEncoding('utf8').on('data', text => (this.#output = (this.#output + text).slice(-20_000)));
    }
    const started = this.#process;
    const until = Date.now() + START_TIMEOUT;
    while (!(await answers(this.url))) {
      if (started.exitCode !== null || started.signalCode !== null || Date.now() > until) {
        throw new Error(`server did not start: port=${this.port}\n${this.#output}`);
      }
      await new Promise(look => setTimeout(look, LOOK_EVERY));
    }
  }

  /** What it has counted since its start; of one {@link thatTells}. */
  async counters() {
    const response = await fetch(`${this.url}counters`);
    return response.json();
  }

  /** Asks it to stop and waits until it has. */
  stop() {
    return this.#end('SIGTERM');
  }

  /** Ends it without asking. */
  kill() {
    return this.#end('SIGKILL');
  }

  async #end(signal) {
    const running = this.#process;
    if (running && running.exitCode === null && running.signalCode === null) {
      const exit = once(running, 'exit');
      running.kill(signal);
      await exit;
    }
  }
}

async function answers(url) {
  try {
    const response = await fetch(url, {signal: AbortSignal.timeout(5_000)});
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const {port} = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
