// Every page in its usual state, and with the mistakes that people make on it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { look } from '../support/look.mjs';
import {
  authorizeAndArrive, authorizeButton, authorizeURL, chooseAccounts, createToken, fill, fillAppForm, goOn, press, pressAnyway, registerApp, signIn, signInToPortal,
} from '../support/person.mjs';
import { startDemo } from '../support/servers.mjs';

const redirect = 'https://reports.example/callback';

test('pages', async (t) => {
  const { facts, issuer } = await startDemo(t);
  const page = await newPage(await launchBrowser(t));
  const { web, public: native } = facts.apps;
  let app;

  await t.test('sign-in', async () => {
    await page.goto(`${issuer}/signin`);
    await look(page, 'signin');
  });
  await t.test('sign-in on the way to an app', async () => {
    await page.goto(authorizeURL(issuer, web, web.redirect_uris[0]));
    await look(page, 'signin-for-app');
  });
  await t.test('sign-in with a wrong password', async () => {
    await signIn(page, { email: facts.identity.email, password: 'wrong' });
    await page.getByRole('alert').waitFor();
    await look(page, 'signin-wrong');
  });
  await t.test('apps', async () => {
    await signInToPortal(page, issuer, facts.identity);
    await look(page, 'apps');
  });
  await t.test('the menu of the person', async () => {
    await page.getByRole('banner').getByText(/Sam/).click();
    await look(page, 'menu');
  });

  await t.test('register an app', async () => {
    await page.goto(`${issuer}/oauth/applications/new`);
    await look(page, 'app-new');
  });
  await t.test('register an app with mistakes', async () => {
    await page.goto(`${issuer}/oauth/applications/new`);
    await page.getByLabel('Redirect URIs').fill('app.example/callback\nhttps://app.example/#top');
    await page.getByLabel(/^Homepage/).fill('http://app.example');
    await pressAnyway(page, 'Register app');
    const said = await page.getByRole('alert').textContent();
    assert.match(said, /app\.example\/callback: it is not an absolute URI; use https:\/\/app\.example\/callback\./);
    assert.match(said, /Enter a name of 1 to 60 visible characters\./);
    await look(page, 'app-new-mistakes');
  });
  await t.test('credentials', async () => {
    app = await registerApp(page, issuer, { name: 'Acme Reports', redirects: [redirect] });
    await look(page, 'app-created');
  });
  await t.test('credentials of an app without a secret', async () => {
    await registerApp(page, issuer, { name: 'Acme Phone', kind: 'Native app', redirects: ['com.example.acme:/callback'] });
    await look(page, 'app-created-native');
  });

  await t.test('personal token', async () => {
    await page.goto(app.page);
    await createToken(page, 'Nightly export');
    await look(page, 'token-created');
  });
  await t.test('app', async () => {
    await goOn(page).click();
    await page.waitForURL(app.page);
    await look(page, 'app');
  });
  await t.test('app, the form for a narrow token open', async () => {
    await page.getByText('Create a personal token').click();
    await page.getByText('Narrow what it may do').click();
    await look(page, 'app-token-form');
  });
  await t.test('app, a token without a name', async () => {
    await pressAnyway(page, 'Create token');
    await page.getByRole('alert').waitFor();
    await look(page, 'app-token-mistake');
  });
  await t.test('app, token revoked', async () => {
    await page.goto(app.page);
    await page.getByRole('button', { name: 'Revoke Nightly export' }).click();
    await page.getByRole('status').waitFor();
    await look(page, 'app-token-revoked');
  });
  await t.test('edit an app', async () => {
    await page.goto(`${app.page}/edit`);
    await look(page, 'app-edit');
  });
  await t.test('edit an app with mistakes', async () => {
    await fill(page, 'Name', ' ');
    await pressAnyway(page, 'Save changes');
    await page.getByRole('alert').waitFor();
    await look(page, 'app-edit-mistakes');
  });
  await t.test('delete an app', async () => {
    await page.goto(`${app.page}/delete`);
    await look(page, 'app-delete');
  });
  await t.test('delete an app with a wrong password', async () => {
    await fill(page, 'Your password', 'wrong');
    await page.getByRole('main').getByRole('button', { name: /^Delete/ }).click();
    await page.getByRole('alert').waitFor();
    await look(page, 'app-delete-mistake');
  });
  await t.test('apps, one in development', async () => {
    await page.goto(`${issuer}/oauth/applications/new`);
    await fillAppForm(page, { name: 'First try', redirects: ['http://myapp.com/oauth'] });
    await goOn(page).click();
    await page.getByRole('heading', { level: 1, name: 'First try' }).waitFor();
    await look(page, 'app-in-development');
    await page.goto(`${issuer}/oauth/applications`);
    await look(page, 'apps-in-development');
  });

  await t.test('accounts', async () => {
    await page.goto(`${issuer}/accounts`);
    await look(page, 'accounts');
  });
  await t.test('accounts, short name taken', async () => {
    await fill(page, 'Name', 'Another Bakery');
    await fill(page, 'Short name (optional)', 'sample-bakery');
    await press(page, 'Open account');
    await page.getByRole('alert').waitFor();
    await look(page, 'accounts-mistake');
  });
  await t.test('accounts, opened', async () => {
    await fill(page, 'Short name (optional)', '');
    await press(page, 'Open account');
    await page.getByRole('status').waitFor();
    await look(page, 'accounts-opened');
  });

  await t.test('consent', async () => {
    await page.goto(authorizeURL(issuer, app, redirect));
    await look(page, 'consent');
  });
  await t.test('consent with some accounts', async () => {
    await chooseAccounts(page, 'Sample Cinema');
    await look(page, 'consent-some');
  });
  await t.test('consent with no account chosen', async () => {
    await chooseAccounts(page);
    await authorizeButton(page).click();
    await page.getByRole('alert').waitFor();
    await look(page, 'consent-mistake');
  });
  await t.test('consent to a native app', async () => {
    const pkce = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' };
    await page.goto(authorizeURL(issuer, native, native.redirect_uris[0], pkce));
    await look(page, 'consent-native');
  });
  await t.test('consent to reading only', async () => {
    await page.goto(authorizeURL(issuer, app, redirect, { scope: 'dashboards:read' }));
    await look(page, 'consent-reading');
  });

  await t.test('connected apps, and one removed', async () => {
    await authorizeAndArrive(page, redirect);
    await page.goto(`${issuer}/oauth/authorized_applications`);
    await look(page, 'connected');
    await page.getByRole('button', { name: 'Remove the access of Acme Reports' }).click();
    await page.getByRole('status').waitFor();
    await look(page, 'connected-removed');
  });

  await t.test('signed out', async () => {
    await page.goto(`${issuer}/oauth/applications`);
    await page.getByRole('banner').getByText(/Sam/).click();
    await press(page, 'Sign out');
    await page.waitForURL('**/signed-out');
    await look(page, 'signed-out');
  });
});
