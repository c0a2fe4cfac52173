// What the script makes nicer.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { authorizeURL, goOn, press, registerApp, signInToPortal } from '../support/person.mjs';
import { startDemo } from '../support/servers.mjs';

test('with JavaScript', async (t) => {
  const { facts, issuer } = await startDemo(t);
  const page = await newPage(await launchBrowser(t), { permissions: ['clipboard-read', 'clipboard-write'] });
  await signInToPortal(page, issuer, facts.identity);
  const app = await registerApp(page, issuer, { name: 'Nice', redirects: ['https://nice.example/callback'] });
  const copies = page.getByRole('button', { name: /^Copy/ });

  await t.test('a secret is copied', async () => {
    await copies.nth(1).click();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), app.client_secret);
    await page.getByRole('button', { name: /^Copied/ }).waitFor();
  });
  await t.test('a secret is downloaded as .env', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), press(page, 'Download as .env')]);
    const text = await readFile(await download.path(), 'utf8');
    for (const value of [issuer, app.client_id, app.client_secret]) assert.ok(text.includes(`=${value}\n`), `no ${value}`);
  });
  await t.test('leaving the secret asks, unless it is stored', async () => {
    const asked = [];
    page.on('dialog', (dialog) => { asked.push(dialog.type()); dialog.dismiss(); });
    await page.getByRole('link', { name: 'Accounts' }).click();
    await assert.rejects(page.waitForURL('**/accounts', { timeout: 1000 }));
    assert.deepEqual(asked, ['beforeunload']);
    await goOn(page).click();
    await page.waitForURL(app.page);
    assert.equal(asked.length, 1);
  });
  await t.test('ticking an account chooses “Only these”', async () => {
    await page.goto(authorizeURL(issuer, app, 'https://nice.example/callback'));
    await page.getByRole('checkbox', { name: 'Sample Cinema' }).check();
    assert.ok(await page.getByRole('radio', { name: 'Only these' }).isChecked());
  });
  await t.test('the browser had nothing to complain about', () => assert.deepEqual(page.mishaps, []));
});
