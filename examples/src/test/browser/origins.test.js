import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer} from 'node:http';
import {after, before, test} from 'node:test';
import {launch} from './browser.js';
import {Server} from './server.js';

/** So long a test may take, in milliseconds; most of it is the start of the server. */
const options = {timeout: 120_000};

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** A page on a port of its own, and what cookies came with the requests for it. */
async function foreignPage(t) {
  const cookies = [];
  const server = createServer((request, response) => {
    cookies.push(request.headers.cookie ?? '');
    response.setHeader('content-type', 'text/html').end('<!DOCTYPE html><title>elsewhere</title>');
  }).listen(0);
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {port: server.address().port, cookies};
}

/** What becomes of a WebSocket that the page opens: `open`, or the code it was closed with. */
function connect(frame, url, protocols = []) {
  return frame.evaluate(
    ([address, offers]) =>
      new Promise(result => {
        const socket = new WebSocket(address, offers);
        socket.onopen = () => result('open');
        socket.onclose = event => result(event.code);
      }),
    [url, protocols],
  );
}

test('a page of another origin with the cookies of the user is refused', options, async t => {
  const server = await Server.start(t);
  const foreign = await foreignPage(t);
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  const echo = `ws://localhost:${server.port}/echo`;
  const carrier = `ws://localhost:${server.port}/.multiplex`;

  await page.goto(server.url);
  await page.evaluate(() => (document.cookie = 'visitor=ann; SameSite=Lax; Path=/'));
  assert.equal(await connect(page, echo), 'open');
  assert.equal(await connect(page, carrier, ['carillon.v1']), 'open');

  // Another port is the same site: the browser sends the cookies along.
  await page.goto(`http://localhost:${foreign.port}/`);
  assert.match(foreign.cookies[0], /visitor=ann/);
  assert.equal(await connect(page, echo), 1006);
  assert.equal(await connect(page, carrier, ['carillon.v1']), 1006);

  // Another site.
  await page.goto(`http://127.0.0.1:${foreign.port}/`);
  assert.equal(await connect(page, echo), 1006);

  // A sandboxed frame of the own page has no origin that could be told: it says null.
  await page.goto(`http://localhost:${foreign.port}/`);
  await page.setContent('<iframe sandbox="allow-scripts" srcdoc="<!DOCTYPE html>"></iframe>');
  const [, frame] = page.frames();
  assert.equal(await frame.evaluate(() => self.origin), 'null');
  assert.equal(await connect(frame, echo), 1006);
});

test('a page of another origin connects where the configuration allows it', options, async t => {
  const foreign = await foreignPage(t);
  const server = await Server.start(t, {CARILLON_HTTP_ORIGINS: `localhost:${foreign.port}`});
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  const echo = `ws://localhost:${server.port}/echo`;

  await page.goto(`http://localhost:${foreign.port}/`);
  assert.equal(await connect(page, echo), 'open');
  assert.equal(await connect(page, `ws://localhost:${server.port}/.multiplex`, ['carillon.v1']), 'open');
  await page.goto(`http://127.0.0.1:${foreign.port}/`);
  assert.equal(await connect(page, echo), 1006);
});
