// Sign-in and consent with nothing but the keyboard.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, exchange, startCallback } from '../support/api.mjs';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { authorizeURL, registerApp, signInToPortal } from '../support/person.mjs';
import { startDemo } from '../support/servers.mjs';

const mostTabs = 40;

const focused = (page) => page.evaluate(() => inspect.focused()?.name ?? '');

/** Presses Tab until the focus is on what is named so. */
async function tabTo(page, name) {
  const passed = [];
  for (let i = 0; i < mostTabs; i++) {
    await page.keyboard.press('Tab');
    const here = await focused(page);
    if (name.test(here)) return;
    passed.push(here);
  }
  assert.fail(`Tab does not come to ${name}; it came to ${passed.join(', ')}`);
}

test('keyboard only', async (t) => {
  const { facts, issuer } = await startDemo(t);
  const callback = await startCallback(t);
  const browser = await launchBrowser(t);
  const developer = await newPage(browser);
  await signInToPortal(developer, issuer, facts.identity);
  const app = await registerApp(developer, issuer, { name: 'Keys', redirects: [callback.redirectURI] });
  const page = await newPage(browser);
  const { keyboard } = page;
  const backAtTheApp = async () => {
    const answer = await callback.answer();
    await page.waitForURL(`${callback.redirectURI}?**`);
    return answer;
  };

  await t.test('sign in', async () => {
    await page.goto(authorizeURL(issuer, app, callback.redirectURI));
    assert.match(await focused(page), /^E-mail address/, 'the focus starts where the reader should');
    await keyboard.type(facts.identity.email);
    await keyboard.press('Tab');
    await keyboard.type(facts.identity.password);
    await keyboard.press('Enter');
    await page.waitForURL('**/oauth/consent?**');
  });
  await t.test('choose one account and authorize', async () => {
    await tabTo(page, /^All my accounts/);
    await keyboard.press('ArrowDown');
    assert.match(await focused(page), /^Only some/);
    await tabTo(page, /^Sample Cinema/);
    await keyboard.press('Space');
    await tabTo(page, /^Authorize Keys/);
    await keyboard.press('Enter');
    const { code } = await backAtTheApp();
    const { access_token } = await exchange(issuer, app, code, callback.redirectURI);
    const answer = await call(facts.api, access_token);
    assert.deepEqual([answer.status, answer.account], [200, 'sample-cinema']);
  });
  await t.test('Cancel comes before Authorize, and Escape means it', async () => {
    const question = authorizeURL(issuer, app, callback.redirectURI, { prompt: 'consent' });
    await page.goto(question);
    await tabTo(page, /^Cancel$/);
    await keyboard.press('Enter');
    assert.equal((await backAtTheApp()).error, 'access_denied');
    await page.goto(question);
    await keyboard.press('Escape');
    assert.equal((await backAtTheApp()).error, 'access_denied');
  });
  await t.test('Escape closes first what is open', async () => {
    await page.goto(authorizeURL(issuer, app, callback.redirectURI, { prompt: 'consent' }));
    const menu = page.locator('details.who');
    await menu.locator('summary').press('Enter');
    await page.getByRole('button', { name: 'Sign out' }).focus();
    await keyboard.press('Escape');
    assert.equal(await menu.getAttribute('open'), null);
    assert.match(await focused(page), /Sam/, 'the focus returns to where it was');
    await menu.locator('summary').press('Enter');
    await page.getByRole('heading', { level: 1 }).click();
    assert.equal(await menu.getAttribute('open'), null, 'a press elsewhere closes it, too');
    await page.getByLabel('Account to start with').focus();
    await keyboard.press('Escape');
    await page.getByRole('heading', { level: 1 }).waitFor();
    assert.match(page.url(), /oauth\/consent/, 'Escape in a list of choices cancels nothing');
  });
  await t.test('the skip link comes first and leads past the bar', async () => {
    await page.goto(`${issuer}/accounts`);
    await tabTo(page, /^Skip/);
    await keyboard.press('Enter');
    await tabTo(page, /^Your apps/);
  });
  await t.test('after a mistake the focus is at its beginning', async () => {
    await page.goto(`${issuer}/accounts`);
    await tabTo(page, /^Name/);
    await keyboard.type('Another');
    await keyboard.press('Tab');
    await keyboard.type('sample-bakery');
    await keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    const at = await page.evaluate(() => document.activeElement.closest('[role=alert]') ? 'summary' : document.activeElement.name ?? 'nowhere');
    assert.equal(at, 'summary');
    assert.match(await page.title(), /^Error: /);
  });
});
