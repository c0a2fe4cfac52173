// Chromium as Debian ships it, kept on this computer.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const inPage = path.join(path.dirname(fileURLToPath(import.meta.url)), 'in_page.js');

const flags = [
  '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--no-proxy-server', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE *.localhost',
];

export async function launchBrowser(t) {
  // The sandbox needs rights that root in a container does not have; only our own pages are opened.
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', chromiumSandbox: false, args: flags });
  t.after(() => browser.close());
  return browser;
}

/** A page in a new profile. Its mishaps are what the console and the content security policy had to complain about. */
export async function newPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en', reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(10_000);
  await context.addInitScript({ path: inPage });
  const page = await context.newPage();
  page.mishaps = [];
  page.on('pageerror', (error) => page.mishaps.push(`script failed: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !ownStatus(page, message)) page.mishaps.push(`console: ${message.text()}`);
  });
  return page;
}

// Chromium also puts the status of an error page itself on the console.
const ownStatus = (page, message) => message.text().startsWith('Failed to load resource') && message.location().url === page.url();
