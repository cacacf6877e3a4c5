import {existsSync} from 'node:fs';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable'];
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * A headless Chromium: the one that `CHROMIUM` names, else the first that is installed. The tests of the page, which have
 * modules of their own, take it from here, too.
 *
 * @param {import('playwright-core').BrowserType} chromium
 */
export function launch(chromium) {
  const executablePath = process.env.CHROMIUM || CANDIDATES.find(existsSync);
  if (!executablePath) {
    throw new Error('no Chromium found: install the package chromium, or name one in the variable CHROMIUM');
  }
  return chromium.launch({executablePath, args: FLAGS});
}
