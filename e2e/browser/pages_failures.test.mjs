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

  async function refused(address, status, name) {
    const answer = await page.goto(address);
    assert.equal(answer.status(), status);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await look(page, name);
  }

  await t.test('no such page', () => refused(`${issuer}/nowhere`, 404, 'failure-page'));
  await t.test('a setup link where nothing is to be set up', () => refused(`${issuer}/setup?token=lp_su_x`, 404, 'failure-setup'));
  await t.test('an app that does not exist', () => refused(authorizeURL(issuer, { client_id: 'app_nobody' }, redirect), 400, 'failure-client'));
  await t.test('a redirect URI that differs, shown and never followed', () =>
    refused(authorizeURL(issuer, web, `${redirect}/elsewhere`), 400, 'failure-redirect'));
  await t.test('a question of somebody else', () => refused(`${issuer}/oauth/consent?i=forged`, 400, 'failure-interaction'));

  await t.test('a form that did not come from us', async () => {
    await signInToPortal(page, issuer, facts.identity);
    await page.goto(`${issuer}/accounts`);
    await page.evaluate(() => { for (const field of document.getElementsByName('csrf')) field.value = 'forged'; });
    await page.getByLabel('Name', { exact: true }).fill('Evil');
    await press(page, 'Open account');
    await page.getByRole('heading', { level: 1, name: /did not work/ }).waitFor();
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
    await other.getByRole('heading', { level: 1, name: /did not work/ }).waitFor();
    other.mishaps = [];
    await look(other, 'failure-answered');
  });

  await t.test('the manual', () => refused(`${issuer}/docs`, 200, 'manual'));
  await t.test('errors explained', () => refused(`${issuer}/docs/errors`, 200, 'manual-errors'));
  await t.test('one error explained', () => refused(`${issuer}/docs/errors/redirect_uri_mismatch`, 200, 'manual-error'));
});
