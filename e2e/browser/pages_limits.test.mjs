// What people see when there was too much of something, and what they can do.
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { look } from '../support/look.mjs';
import { fill, press, registerApp, signIn, signInToPortal } from '../support/person.mjs';
import { startDemo, startServe } from '../support/servers.mjs';

const atOnce = 5;
const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();

test('too many passwords', async (t) => {
  const { facts, issuer } = await startDemo(t);
  const browser = await launchBrowser(t);

  async function guess(page, email, times) {
    for (let n = 0; n < times; n++) {
      await page.goto(`${issuer}/signin`);
      await signIn(page, { email, password: 'qwerty' });
    }
  }

  await t.test('in a browser that does not know the person', async () => {
    const page = await newPage(browser);
    await guess(page, 'nobody@example.com', atOnce);
    await heading(page, 'Sign in');
    page.mishaps = [];
    await guess(page, 'nobody@example.com', 1);
    await heading(page, 'Too many passwords were tried');
    await page.getByText(/^Try again in \d+ seconds\.$/).waitFor();
    page.mishaps = [];
    await look(page, 'limits-passwords');
  });
  await t.test('the owner, in a browser that knows them, is let in', async () => {
    const known = await newPage(browser);
    await signInToPortal(known, issuer, facts.identity);
    const stranger = await newPage(browser);
    await guess(stranger, facts.identity.email, atOnce + 1);
    await heading(stranger, 'Too many passwords were tried');
    await known.goto(`${issuer}/signin`);
    await signIn(known, facts.identity);
    await known.waitForURL('**/oauth/applications');
  });
  await t.test('before a dangerous act', async () => {
    const page = await newPage(browser);
    const own = await startDemo(t);
    await signInToPortal(page, own.issuer, own.facts.identity);
    const app = await registerApp(page, own.issuer, { name: 'Doomed', redirects: ['https://doomed.example/callback'] });
    for (let n = 0; n <= atOnce; n++) {
      await page.goto(`${app.page}/delete`);
      await fill(page, 'Your password', 'qwerty');
      await press(page, 'Delete Doomed');
    }
    await heading(page, 'Too many passwords were tried');
    page.mishaps = [];
    await look(page, 'limits-passwords-here');
  });
});

test('too many page views', async (t) => {
  const config = path.join(await mkdtemp(path.join(tmpdir(), 'launchpad-')), 'launchpad.toml');
  await writeFile(config, '[limits]\npages = 2\n');
  const { issuer } = await startServe(t, { config });
  const page = await newPage(await launchBrowser(t));
  for (let n = 0; n < 3; n++) await page.goto(`${issuer}/signin`);
  await heading(page, 'Too many requests');
  page.mishaps = [];
  await look(page, 'limits-pages');
});
