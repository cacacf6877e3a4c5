import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {after, before, test} from 'node:test';
import {launch, Visitor} from './browser.js';
import {Server} from './server.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ROUND_TRIP = /^\d+\.\d ms$/;
/** So long a test may take, in milliseconds; most of it is the start of the server. */
const options = {timeout: 120_000};

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test('two tabs talk in a room and another room does not hear it', options, async t => {
  const {url} = await Server.start(t);
  const ann = await Visitor.open(t, browser, url, 'Ann');
  const bob = await Visitor.open(t, browser, url, 'Bob');
  const cat = await Visitor.open(t, browser, `${url}#garden`, 'Cat');

  await ann.say('is anybody there?');
  await bob.hears('Ann', 'is anybody there?');
  await bob.say('only me');
  await ann.hears('Bob', 'only me');

  await cat.say('nobody but me in the garden');
  await cat.hears('Cat', 'nobody but me in the garden');
  await ann.room('Garden').getByText('1 unread').waitFor();
  assert.equal(await ann.page.title(), '(1) Carillon');
  assert.deepEqual(await cat.textsIn('Garden'), ['nobody but me in the garden']);
  assert.deepEqual(await ann.textsIn('Lobby'), ['is anybody there?', 'only me']);
  assert.deepEqual(await ann.textsIn('Workshop'), []);

  // Cat is in the lobby too, behind another room: what was said there is counted and kept.
  await cat.room('Lobby').getByText('2 unread').waitFor();
  await cat.enter('Lobby');
  await cat.hears('Bob', 'only me');
  assert.equal(await cat.room('Lobby').getByText('unread').count(), 0);
  assert.deepEqual([...ann.errors, ...bob.errors, ...cat.errors], []);
});

test('people come, take another name and leave', options, async t => {
  const {url} = await Server.start(t);
  const ann = await Visitor.open(t, browser, url, 'Ann');
  const bob = await Visitor.open(t, browser, url, 'Bob');
  await ann.notices('Bob came');
  await ann.here.getByText('Bob').waitFor();

  await bob.page.getByRole('textbox', {name: 'Your name'}).fill('  Bruno ');
  await bob.page.getByRole('button', {name: 'Change'}).click();
  await ann.notices('Bob is now Bruno');
  await ann.here.getByText('Bruno').waitFor();
  await bob.say('a new name');
  await ann.hears('Bruno', 'a new name');

  await bob.page.reload();
  await ann.notices('Bruno left');
  await bob.isConnected();
  assert.equal(await bob.page.getByRole('textbox', {name: 'Your name'}).inputValue(), 'Bruno');

  await bob.page.getByRole('textbox', {name: 'Your name'}).fill('   ');
  await bob.page.getByRole('button', {name: 'Change'}).click();
  await bob.page.getByText('A name needs at least one character.').waitFor();
  await bob.chip.getByText('Connected', {exact: true}).waitFor();
  assert.deepEqual([...ann.errors, ...bob.errors], []);
});

test('what was said is one\'s own, though the name changed while it was under way', options, async t => {
  const server = await Server.start(t);
  const ann = await Visitor.open(t, browser, server.url, 'Ann');
  await ann.page.evaluate(() => {
    const submit = (form, text) => {
      document.querySelector(`#${form} input`).value = text;
      document.getElementById(form).requestSubmit();
    };
    submit('say', 'said as Ann');
    submit('name', 'Bea');
    submit('name', 'Cis');
    submit('say', 'said as Cis');
  });
  await ann.hears('Cis', 'said as Cis');
  await ann.notices('Bea is now Cis');
  assert.deepEqual(await ann.log.locator('.own .text').allTextContents(), ['said as Ann', 'said as Cis']);
  assert.deepEqual(await ann.here.allTextContents(), ['Cis you']);

  await server.kill();
  await ann.chip.getByText('Disconnected', {exact: true}).waitFor();
  assert.equal(await ann.log.getByText('May not have arrived').count(), 0);
});

test('who is here stays on the list when another of the same name goes', options, async t => {
  const {url} = await Server.start(t);
  const bob = await Visitor.open(t, browser, url, 'Bob');
  const other = await Visitor.open(t, browser, url, 'Ann');
  await bob.notices('Ann came');
  const ann = await Visitor.open(t, browser, url, 'Ann');
  await bob.here.getByText('× 2').waitFor();
  assert.deepEqual(await ann.here.allTextContents(), ['Ann you']);

  await other.page.close();
  await ann.notices('Ann left');
  assert.deepEqual(await ann.here.allTextContents(), ['Ann you']);
  await bob.notices('Ann left');
  assert.deepEqual(await bob.here.allTextContents(), ['Ann', 'Bob you']);
});

test('the link opens another tab, under another name and in the same room', options, async t => {
  const {url} = await Server.start(t);
  const ann = await Visitor.open(t, browser, `${url}#garden`, 'Ann');
  const link = ann.page.getByRole('link', {name: /^Open another tab as/});
  const guest = (await link.textContent()).replace('Open another tab as ', '');
  const opening = ann.page.context().waitForEvent('page');
  await link.click();
  const other = new Visitor(await opening);
  await other.isConnected();
  await other.say('it is me again');
  await ann.hears(guest, 'it is me again');
  assert.equal(new URL(other.page.url()).search, '');
});

test('the echo box shows the round-trip time of text and of binary', options, async t => {
  const {url} = await Server.start(t);
  const ann = await Visitor.open(t, browser, url, 'Ann');
  const echoes = ann.page.getByRole('log', {name: 'Echoes, newest first'}).getByRole('listitem');
  await ann.page.getByRole('textbox', {name: 'Message', exact: true}).fill('grüß dich');

  await ann.page.getByRole('button', {name: 'Send text'}).click();
  await echoes.filter({hasText: 'text'}).waitFor();
  assert.equal(await echoes.first().locator('.back').textContent(), 'grüß dich');
  assert.equal(await echoes.first().locator('.size').textContent(), '11 bytes');
  assert.match(await echoes.first().locator('.time').textContent(), ROUND_TRIP);

  await ann.page.getByRole('button', {name: 'Send binary'}).click();
  await echoes.filter({hasText: 'binary'}).waitFor();
  assert.equal(await echoes.first().locator('.back').textContent(), '67 72 c3 bc c3 9f 20 64 69 63 68');
  assert.match(await echoes.first().locator('.time').textContent(), ROUND_TRIP);
  assert.deepEqual(ann.errors, []);
});

test('the code that the page shows to clients runs', options, async t => {
  const {url} = await Server.start(t);
  const ann = await Visitor.open(t, browser, url, 'Ann');
  const code = await ann.page.getByRole('region', {name: 'JavaScript code of a client'}).textContent();
  const answer = ann.page.waitForEvent('console');
  await ann.page.evaluate(code);
  assert.equal((await answer).text(), 'ding dong');
});

test('the code of two topics that the page shows runs', options, async t => {
  const {url} = await Server.start(t);
  const ann = await Visitor.open(t, browser, url, 'Ann');
  const shown = await ann.page.getByRole('region', {name: 'JavaScript code of two topics'}).textContent();
  const code = shown.replace(/^import (.*) from (.*);$/m, 'const $1 = await import($2);');
  assert.notEqual(code, shown);
  // Ann herself may come a moment later than the code.
  const logged = ann.page.waitForEvent('console', async said => (await said.args()[0].jsonValue()).who === 'Guest');
  await ann.page.evaluate(`(async () => {${code}})()`);
  assert.deepEqual(await (await logged).args()[0].jsonValue(), {type: 'came', who: 'Guest'});
  assert.equal(ann.sockets.length, 2); // the page's own and that of the code
});

test('rooms and echo share one WebSocket, and the page says so', options, async t => {
  const {url} = await Server.start(t);
  const ann = await Visitor.open(t, browser, url, 'Ann');
  const bob = await Visitor.open(t, browser, url, 'Bob');
  for (const room of ['Lobby', 'Garden', 'Workshop']) {
    await ann.enter(room);
    await bob.enter(room);
    await ann.say(`in the ${room}`);
    await bob.hears('Ann', `in the ${room}`);
  }
  await ann.page.getByRole('button', {name: 'Send text'}).click();
  await ann.page.locator('#echoes').getByText('ding dong').waitFor();

  await ann.chip.getByText(/^4 topics · 1 connection · (?:\d+|under 1) ms$/).waitFor();
  assert.deepEqual(ann.sockets, [`${url.replace('http', 'ws')}.multiplex`]);
  assert.deepEqual([...ann.errors, ...bob.errors], []);
});

test('the drawer shows the frames on the wire', options, async t => {
  const {url} = await Server.start(t);
  const ann = await Visitor.open(t, browser, url, 'Ann');
  const drawer = ann.page.getByText('Frames on the wire', {exact: true});
  await drawer.focus();
  await ann.page.keyboard.press('Enter');
  // What was sent ahead of the opening is there, and what follows joins it.
  await ann.frames.filter({hasText: /^sent ·SUBSCRIBE·\/rooms\/lobby·/}).waitFor();
  await ann.frames.filter({hasText: /^received ·OK·SUBSCRIBE·\/echo·/}).waitFor();
  await ann.say('<b>bold</b>');
  await ann.frames.filter({hasText: 'sent /rooms/lobby·{"type":"say","text":"<b>bold</b>"}'}).waitFor();
  await ann.frames.filter({hasText: /^received \/rooms\/lobby·.*"who":"Ann","text":"<b>bold<\/b>"/}).waitFor();
  await ann.page.getByRole('button', {name: 'Send binary'}).click();
  await ann.frames.filter({hasText: 'sent /echo·64 69 6e 67 20 64 6f 6e 67'}).waitFor();
  await ann.frames.filter({hasText: 'received /echo·64 69 6e 67 20 64 6f 6e 67'}).waitFor();
  await flood(ann.page, 120);
  await ann.hears('Flood', 'drop 120');
  assert.equal(await ann.frames.count(), 100);

  await drawer.click();
  await ann.page.locator('#frame-list > li').first().waitFor({state: 'detached'});
  assert.deepEqual(ann.errors, []);
});

test('a connection that is dropped comes back by itself', options, async t => {
  const {url} = await Server.start(t);
  const ann = await Visitor.open(t, browser, url, 'Ann');
  const bob = await Visitor.open(t, browser, url, 'Bob');
  await ann.notices('Bob came');
  const announced = await announcements(ann.page);
  await ann.press('Drop the connection');
  await bob.notices('Ann left');
  await bob.notices('Ann came');
  await ann.isConnected();
  await ann.notices('What was said meanwhile is not shown.');
  await bob.say('welcome back');
  await ann.hears('Bob', 'welcome back');
  assert.deepEqual(await announced(), ['Disconnected', 'Connected']);
  assert.equal(ann.sockets.length, 2);
  assert.deepEqual([...ann.errors, ...bob.errors], []);
});

test('a page that goes offline stays so until it is told otherwise', options, async t => {
  const {url} = await Server.start(t);
  const ann = await Visitor.open(t, browser, url, 'Ann');
  const bob = await Visitor.open(t, browser, url, 'Bob');
  const announced = await announcements(ann.page);
  await ann.press('Go offline');
  await bob.notices('Ann left');
  await ann.say('into the void');
  await ann.page.getByText('Not sent: no connection. Your text stays here.').waitFor();
  assert.deepEqual(await announced(), ['Offline']);

  await ann.press('Go online');
  await bob.notices('Ann came');
  await ann.isConnected();
  assert.equal(ann.sockets.length, 2);

  await ann.press('Go offline');
  await ann.chip.getByText('Offline', {exact: true}).waitFor();
  await ann.chip.getByRole('button', {name: 'Go online'}).click();
  await ann.isConnected();
  await ann.page.getByRole('button', {name: 'Go offline'}).waitFor();
  assert.equal(ann.sockets.length, 3);
  assert.deepEqual([...ann.errors, ...bob.errors], []);
});

for (const [how, end] of [
  ['stopped', server => server.stop()],
  ['killed', server => server.kill()],
]) {
  test(`a ${how} server shows, and the page is back by itself`, options, async t => {
    const server = await Server.start(t);
    const ann = await Visitor.open(t, browser, server.url, 'Ann');
    await ann.say('before');
    await ann.hears('Ann', 'before');
    const announced = await announcements(ann.page);

    await end(server);
    await ann.chip.getByText('Disconnected', {exact: true}).waitFor();
    await ann.chip.getByText(/^next try in \d+ s$/).waitFor();
    await ann.chip.getByRole('button', {name: 'Try now'}).waitFor();
    await ann.say('into the void');
    await ann.page.getByText('Not sent: no connection. Your text stays here.').waitFor();
    assert.equal(await ann.input.inputValue(), 'into the void');

    await server.start();
    await ann.isConnected();
    await ann.notices('What was said meanwhile is not shown.');
    await ann.say('after');
    await ann.hears('Ann', 'after');
    assert.deepEqual(await announced(), ['Disconnected', 'Connected']);
    assert.deepEqual(await ann.textsIn('Lobby'), ['before', 'after']);
    const unexpected = ann.errors.filter(error => !error.includes('WebSocket connection to'));
    assert.deepEqual(unexpected, []);
  });
}

test('a client that the server ends says why, and comes back when told to', options, async t => {
  const {url} = await Server.start(t);
  const ann = await Visitor.open(t, browser, url, 'Ann');
  await ann.input.evaluate(input => input.removeAttribute('maxlength'));
  await ann.say('x'.repeat(1001));
  await ann.chip.getByText('Ended by the server', {exact: true}).waitFor();
  await ann.chip.getByText('1007: text must have 1 to 1000 characters').waitFor();
  // Only that room has ended.
  await ann.enter('Garden');
  await ann.say('roses');
  await ann.hears('Ann', 'roses');
  await ann.enter('Lobby');
  await ann.notices('May not have arrived');
  await ann.chip.getByRole('button', {name: 'Try now'}).click();
  await ann.isConnected();
  await ann.say('shorter');
  await ann.hears('Ann', 'shorter');
  assert.deepEqual(ann.errors, []);
});

test('the keyboard is enough', options, async t => {
  const {url} = await Server.start(t);
  const ann = await Visitor.open(t, browser, url, 'Ann');
  const {keyboard} = ann.page;
  const focused = () => ann.page.evaluate(() => document.activeElement.textContent || document.activeElement.id);

  await keyboard.press('Tab');
  assert.equal(await focused(), 'Skip to the message box');
  await keyboard.press('Enter');
  assert.equal(await focused(), 'say-text');
  await keyboard.type('one');
  await keyboard.press('Enter');
  await ann.hears('Ann', 'one');
  await keyboard.type('two');
  await keyboard.press('Enter');
  await ann.hears('Ann', 'two');

  await keyboard.press('Shift+Tab');
  assert.match(await focused(), /^Everything said here/);
  await keyboard.press('Shift+Tab');
  assert.equal(await focused(), 'Workshop');
  await keyboard.press('Enter');
  await ann.page.getByRole('heading', {name: 'Workshop', exact: true}).waitFor();
  assert.equal(await focused(), 'Workshop');
  assert.equal(await ann.room('Workshop').getAttribute('aria-current'), 'page');
  assert.deepEqual(ann.errors, []);
});

test('a reader who scrolled up is left there and told what is new', options, async t => {
  const {url} = await Server.start(t);
  const ann = await Visitor.open(t, browser, url, 'Ann', {viewport: {width: 1000, height: 600}});
  const bob = await Visitor.open(t, browser, url, 'Bob');
  for (let i = 1; i <= 25; i++) {
    await bob.say(`line ${i}`);
  }
  await ann.hears('Bob', 'line 25');
  const fromEnd = () => ann.log.evaluate(log => log.scrollHeight - log.clientHeight - log.scrollTop);
  assert.ok((await fromEnd()) < 2);

  await ann.log.evaluate(log => {
    const scrolled = new Promise(done => log.addEventListener('scroll', done, {once: true}));
    log.scrollTop = 0;
    return scrolled;
  });
  for (const text of ['first news', 'second news', 'third news']) {
    await bob.say(text);
  }
  const news = ann.page.getByRole('button', {name: '3 new messages'});
  await news.waitFor();
  assert.equal(await ann.log.evaluate(log => log.scrollTop), 0);
  await news.click();
  assert.ok((await fromEnd()) < 2);
  await news.waitFor({state: 'hidden'});
  assert.equal(await ann.page.evaluate(() => document.activeElement.id), 'say-text');
});

test('the page keeps at most 300 entries of a room', options, async t => {
  const {url} = await Server.start(t);
  const ann = await Visitor.open(t, browser, url, 'Ann');
  await flood(ann.page, 310);
  await ann.hears('Flood', 'drop 310');
  assert.equal(await ann.log.getByRole('listitem').count(), 300);
});

test('markup in a message is text', options, async t => {
  const {url} = await Server.start(t);
  const text = '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>';
  const ann = await Visitor.open(t, browser, url, '<b>Ann</b>');
  const bob = await Visitor.open(t, browser, url, 'Bob');
  await ann.say(text);
  await bob.hears('<b>Ann</b>', text);
  assert.equal(await bob.log.locator('img, script, b').count(), 0);
  assert.notEqual(await bob.page.title(), 'owned');
  assert.deepEqual([...ann.errors, ...bob.errors], []);
});

test('the server forbids what the page does not need', options, async t => {
  const {url} = await Server.start(t);
  const response = await fetch(url);
  const policy = response.headers.get('content-security-policy');
  for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"]) {
    assert.ok(policy.includes(part), `${part} is missing: ${policy}`);
  }
  assert.doesNotMatch(policy, /unsafe|\*/);
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
});

test('axe finds nothing, light and dark, wide and narrow', options, async t => {
  const {url} = await Server.start(t);
  for (const colorScheme of ['light', 'dark']) {
    for (const [width, height] of [[1280, 900], [320, 640]]) {
      const looks = {colorScheme, reducedMotion: 'reduce', viewport: {width, height}};
      const ann = await Visitor.open(t, browser, url, 'Ann', looks);
      const bob = await Visitor.open(t, browser, url, 'Bob', looks);
      await ann.say('good morning');
      await bob.hears('Ann', 'good morning');
      await bob.say('good morning to you, Ann');
      await ann.hears('Bob', 'good morning to you, Ann');
      await bob.enter('Garden');
      await bob.say('roses');
      await ann.room('Garden').getByText('unread').waitFor();
      await ann.page.getByRole('button', {name: 'Send binary'}).click();
      await ann.page.locator('#echoes').getByText('binary').waitFor();
      await ann.page.getByText('Frames on the wire', {exact: true}).click();
      await ann.frames.first().waitFor();
      await passesAxe(ann.page, `${colorScheme} ${width}`);
      assert.equal(
        await ann.page.evaluate(() => document.documentElement.scrollWidth > innerWidth),
        false,
        `scrolls sideways: ${colorScheme} ${width}`,
      );
      assert.deepEqual([...ann.errors, ...bob.errors], []);
      await ann.page.context().close();
      await bob.page.context().close();
    }
  }
});

test('axe finds nothing while the server is away', options, async t => {
  const server = await Server.start(t);
  for (const colorScheme of ['light', 'dark']) {
    const ann = await Visitor.open(t, browser, server.url, 'Ann', {
      colorScheme,
      reducedMotion: 'reduce',
      viewport: {width: 320, height: 640},
    });
    await server.kill();
    await ann.chip.getByText(/^next try in \d+ s$/).waitFor();
    await passesAxe(ann.page, `${colorScheme}, no server`);
    await ann.press('Go offline');
    await ann.chip.getByText('Offline', {exact: true}).waitFor();
    await passesAxe(ann.page, `${colorScheme}, offline`);
    await server.start();
  }
});

async function passesAxe(page, where) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () =>
    (await axe.run(document, {resultTypes: ['violations']})).violations.map(
      ({id, nodes}) => `${id}: ${nodes.map(node => node.target.join(' ')).join(', ')}`,
    ),
  );
  assert.deepEqual(violations, [], where);
}

/** Starts to write down what the chip's name becomes; the function it returns tells. */
async function announcements(page) {
  await page.evaluate(() => {
    window.announced = [];
    const status = document.getElementById('state-name');
    new MutationObserver(() => window.announced.push(status.textContent)).observe(status, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  return () => page.evaluate(() => window.announced);
}

/** Somebody else who says a lot. */
function flood(page, count) {
  return page.evaluate(
    count =>
      new Promise((done, failed) => {
        const socket = new WebSocket(`ws://${location.host}/rooms/lobby`);
        socket.onerror = failed;
        socket.onopen = () => {
          socket.send(JSON.stringify({type: 'hello', name: 'Flood'}));
          for (let i = 1; i <= count; i++) {
            socket.send(JSON.stringify({type: 'say', text: `drop ${i}`}));
          }
          done();
        };
      }),
    count,
  );
}
