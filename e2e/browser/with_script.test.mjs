// What the script makes nicer.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { authorizeURL, chooseAccounts, goOn, press, registerApp, signInToPortal } from '../support/person.mjs';
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
    await page.getByRole('status').filter({ hasText: 'Copied' }).waitFor({ state: 'attached' });
  });
  await t.test('where the browser lets nobody copy, the secret is selected', async () => {
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await copies.nth(1).click(); // once it says “Copy” again
    assert.equal((await page.evaluate(() => getSelection().toString())).trim(), app.client_secret);
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
  await t.test('“All my accounts” unticks the single ones', async () => {
    await page.goto(authorizeURL(issuer, app, 'https://nice.example/callback'));
    await chooseAccounts(page, 'Sample Cinema');
    await page.getByRole('radio', { name: 'All my accounts' }).check();
    await page.getByRole('radio', { name: 'Only some' }).check();
    assert.ok(!await page.getByRole('checkbox', { name: 'Sample Cinema' }).isChecked());
  });
  await t.test('the account to start with is one that goes along', async () => {
    const start = page.getByLabel('Account to start with');
    const offered = () => start.locator('option:not([disabled])').allTextContents();
    const every = await offered();
    assert.ok(every.length > 1);
    await chooseAccounts(page, 'Sample Cinema');
    assert.deepEqual(await offered(), ['Sample Cinema']);
    assert.equal(await start.locator('option:checked').textContent(), 'Sample Cinema');
    await page.getByRole('radio', { name: 'All my accounts' }).check();
    assert.deepEqual(await offered(), every);
  });
  await t.test('the browser had nothing to complain about', () => assert.deepEqual(page.mishaps, []));
});
