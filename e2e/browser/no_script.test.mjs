// Everything works with JavaScript switched off.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, exchange, startCallback } from '../support/api.mjs';
import { launchBrowser, newPage } from '../support/browser.mjs';
import {
  authorizeButton, authorizeURL, chooseAccounts, createToken, fill, goOn, openAccount, press, registerApp, signIn, signInToPortal,
} from '../support/person.mjs';
import { startDemo } from '../support/servers.mjs';

test('without JavaScript', async (t) => {
  const { facts, issuer } = await startDemo(t);
  const callback = await startCallback(t);
  const page = await newPage(await launchBrowser(t), { javaScriptEnabled: false });
  let app;

  await t.test('sign in, after a mistake', async () => {
    await page.goto(`${issuer}/oauth/applications`);
    await signIn(page, { email: facts.identity.email, password: 'wrong' });
    await page.getByRole('alert').waitFor();
    assert.equal(await page.getByLabel('E-mail address').inputValue(), facts.identity.email);
    assert.equal(await page.locator('#password:focus').count(), 1, 'the focus is where something is to be typed again');
    await signInToPortal(page, issuer, facts.identity);
  });
  await t.test('open an account', () => openAccount(page, issuer, 'Sample Library'));
  await t.test('register an app', async () => {
    app = await registerApp(page, issuer, { name: 'Plain Reports', redirects: [callback.redirectURI] });
    assert.equal(await page.getByRole('button', { name: /copy|download/i }).count(), 0, 'buttons that need a script are shown');
    await goOn(page).click();
    await page.waitForURL(app.page);
  });
  await t.test('create a token, call the API, revoke it', async () => {
    const token = await createToken(page, 'Plain');
    assert.equal((await call(facts.api, token)).status, 200);
    await goOn(page).click();
    await page.getByRole('button', { name: 'Revoke Plain' }).click();
    await page.getByRole('status').waitFor();
    assert.equal((await call(facts.api, token)).status, 401);
  });
  await t.test('edit the app', async () => {
    await page.getByRole('link', { name: 'Edit' }).click();
    await fill(page, 'Name', 'Plainer Reports');
    await press(page, 'Save changes');
    await page.getByRole('heading', { level: 1, name: 'Plainer Reports' }).waitFor();
  });
  await t.test('accounts ticked beside “All my accounts” grant nothing', async () => {
    await page.goto(authorizeURL(issuer, app, callback.redirectURI));
    const cinema = page.getByRole('checkbox', { name: 'Sample Cinema' });
    assert.ok(!await cinema.isVisible(), 'single accounts are offered beside “All my accounts”');
    await chooseAccounts(page, 'Sample Cinema');
    await page.getByRole('radio', { name: 'All my accounts' }).check();
    assert.ok(!await cinema.isVisible());
    await authorizeButton(page).click();
    assert.match(await page.getByRole('alert').textContent(), /Choose one of the two/);
    assert.equal(await page.getByRole('radio', { checked: true }).count(), 0, 'an answer is chosen already');
  });
  await t.test('consent, after a mistake, for one account', async () => {
    await page.goto(authorizeURL(issuer, app, callback.redirectURI));
    await chooseAccounts(page);
    await authorizeButton(page).click();
    await page.getByRole('alert').waitFor();
    await chooseAccounts(page, 'Sample Cinema');
    await authorizeButton(page).click();
    const { code } = await callback.answer();
    const tokens = await exchange(issuer, app, code, callback.redirectURI);
    assert.equal((await call(facts.api, tokens.access_token)).account, 'sample-cinema');
  });
  await t.test('cancel', async () => {
    await page.goto(authorizeURL(issuer, app, callback.redirectURI, { prompt: 'consent' }));
    await press(page, 'Cancel');
    assert.equal((await callback.answer()).error, 'access_denied');
  });
  await t.test('delete the app', async () => {
    await page.goto(app.page);
    await page.getByRole('link', { name: /Delete/ }).click();
    await fill(page, 'Your password', facts.identity.password);
    await press(page, 'Delete Plainer Reports');
    await page.waitForURL('**/oauth/applications?deleted');
  });
  await t.test('sign out', async () => {
    await page.getByRole('banner').getByText(/Sam/).click();
    await press(page, 'Sign out');
    await page.waitForURL('**/signed-out');
    await page.goto(app.page);
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
  });
});
