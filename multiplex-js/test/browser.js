import {existsSync} from 'node:fs';
import {chromium} from 'playwright-core';

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

/** A headless Chromium: the one that `CHROMIUM` names, else the first that is installed. */
export function launch() {
  const executablePath = process.env.CHROMIUM || CANDIDATES.find(existsSync);
  if (!executablePath) {
    throw new Error('no Chromium found: install the package chromium, or name one in the variable CHROMIUM');
  }
  return chromium.launch({executablePath, args: FLAGS});
}
