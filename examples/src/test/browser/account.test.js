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

/** The account page in a browser with cookies of its own. */
async function account(t, server) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  await page.goto(`${server.url}account/`);
  await page.getByText('open, as nobody yet').waitFor();
  return page;
}

async function signIn(page, name) {
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', {name: 'Sign in'}).click();
  await page.getByText(`open, as ${name}`).waitFor();
}

test('a user signs in, hears of an export on each device, and signs out of all', options, async t => {
  const server = await Server.start(t);
  const desk = await account(t, server);
  const phone = await account(t, server);
  const guest = await account(t, server);

  await signIn(desk, 'ann');
  await signIn(phone, 'ann');
  await desk.getByRole('button', {name: 'Export my data'}).click();
  await desk.getByText('Your export is ready.').waitFor();
  await phone.getByText('Your export is ready.').waitFor();

  await phone.getByRole('button', {name: 'Sign out on all devices'}).click();
  await phone.getByText('Not signed in.').waitFor();
  await desk.getByText('Connection: closed').waitFor();
  await desk.reload();
  await desk.getByText('Not signed in.').waitFor();
  await guest.getByText('open, as nobody yet').waitFor();
});
