// What people see when something cannot go on, and the pages that explain it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { look } from '../support/look.mjs';
import { authorizeButton, authorizeURL, press, registerApp, signInToPortal } from '../support/person.mjs';
import { startDemo } from '../support/servers.mjs';

test('failures', async (t) => {
  const { facts, issuer } = await startDemo(t);
  const browser = await launchBrowser(t);
  const page = await newPage(browser);
  const { web } = facts.apps;
  const [redirect] = web.redirect_uris;

  async function refused(address, status, name, heading = /./) {
    const answer = await page.goto(address);
    assert.equal(answer.status(), status);
    await page.getByRole('heading', { level: 1, name: heading }).waitFor();
    await look(page, name);
  }

  await t.test('no such page', () => refused(`${issuer}/nowhere`, 404, 'failure-page', 'There is no page here'));
  await t.test('a page that is not there explains itself', async () => {
    await page.goto(`${issuer}/nowhere`);
    assert.equal(await page.getByRole('link', { name: 'What this means' }).count(), 0);
  });
  await t.test('a setup link where nothing is to be set up', () => refused(`${issuer}/setup?token=lp_su_x`, 404, 'failure-setup'));
  await t.test('an app that does not exist', () => refused(authorizeURL(issuer, { client_id: 'app_nobody' }, redirect), 400, 'failure-client', 'The app sent you here with a mistake'));
  await t.test('a redirect URI that differs, shown and never followed', async () => {
    await refused(authorizeURL(issuer, web, `${redirect}/elsewhere?x=1`), 400, 'failure-redirect', 'The app sent you here with a mistake');
    await page.getByRole('heading', { level: 2, name: 'For the developer' }).waitFor();
    assert.equal(await page.locator('code', { hasText: /^redirect_uri$/ }).count(), 1);
    assert.deepEqual(await page.locator('.got mark').allTextContents(), ['/callback/elsewhere', '?x=1']);
    assert.deepEqual(await page.locator('.want mark').allTextContents(), ['/callback', '(nothing)']);
  });
  await t.test('a request that says something twice', () =>
    refused(`${authorizeURL(issuer, web, redirect)}&client_id=x`, 400, 'failure-request', 'The app sent you here with a mistake'));
  await t.test('a question of somebody else', async () => {
    await refused(`${issuer}/oauth/consent?i=forged`, 400, 'failure-interaction', 'This request is over');
    assert.equal(await page.getByRole('link', { name: 'Go to the start page' }).count(), 0);
  });

  await t.test('a form that did not come from us', async () => {
    await signInToPortal(page, issuer, facts.identity);
    await page.goto(`${issuer}/accounts`);
    await page.evaluate(() => { for (const field of document.getElementsByName('csrf')) field.value = 'forged'; });
    await page.getByLabel('Name', { exact: true }).fill('Evil');
    await press(page, 'Open account');
    await page.getByRole('heading', { level: 1, name: 'This page was too old' }).waitFor();
    await look(page, 'failure-form');
  });
  await t.test('an app of somebody else', () => refused(`${issuer}/oauth/applications/${facts.accounts[0].id}`, 404, 'failure-app'));
  await t.test('a consent that was answered already', async () => {
    const app = await registerApp(page, issuer, { name: 'Twice', redirects: [redirect] });
    const other = await page.context().newPage();
    await page.route(`${new URL(redirect).origin}/**`, (route) => route.fulfill({ body: 'the app' }));
    await page.goto(authorizeURL(issuer, app, redirect));
    const question = page.url();
    await other.goto(question);
    await authorizeButton(page).click();
    await page.waitForURL(`${redirect}?**`);
    await authorizeButton(other).click();
    await other.getByRole('heading', { level: 1, name: 'This request is over' }).waitFor();
    other.mishaps = [];
    await look(other, 'failure-answered');
  });

  await t.test('the manual', () => refused(`${issuer}/docs`, 200, 'manual'));
  await t.test('old clients explained', () => refused(`${issuer}/docs/old-clients`, 200, 'manual-old-clients'));
  await t.test('errors explained', () => refused(`${issuer}/docs/errors`, 200, 'manual-errors'));
  await t.test('one error explained', () => refused(`${issuer}/docs/errors/redirect_uri_mismatch`, 200, 'manual-error'));
  await t.test('from one error to all and back', async () => {
    await page.getByRole('main').getByRole('link', { name: 'Errors explained' }).click();
    await page.getByRole('main').getByRole('link', { name: 'At an API' }).click();
    assert.equal(new URL(page.url()).hash, '#at-an-api');
    await page.getByRole('link', { name: 'token_missing_at_api' }).click();
    await page.getByRole('heading', { level: 1, name: 'token_missing_at_api' }).waitFor();
  });
});
