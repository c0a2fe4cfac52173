// An app under a living client: its secret is replaced, its access taken back, its team changed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthorizationCode } from 'simple-oauth2';
import { call, startCallback, untilRefused } from '../support/api.mjs';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { look } from '../support/look.mjs';
import { authorizeButton, authorizeURL, fill, fillAppForm, goOn, press, pressAnyway, registerApp, shown, signInToPortal } from '../support/person.mjs';
import { startDemo } from '../support/servers.mjs';

const redirect = 'https://page.example/callback';

test('apps', async (t) => {
  const { facts, issuer } = await startDemo(t);
  const callback = await startCallback(t);
  const browser = await launchBrowser(t);
  const page = await newPage(browser);
  await signInToPortal(page, issuer, facts.identity);
  const app = await registerApp(page, issuer, { name: 'Acme Reports', redirects: [callback.redirectURI] });
  const client = startClient(issuer, app, callback.redirectURI);
  const end = (hint) => page.getByRole('link', { name: `End the secret that ends in ${hint}` });
  let renewed;

  await t.test('a client is let in, and refreshes without end', async () => {
    await page.goto(authorizeURL(issuer, app, callback.redirectURI));
    await authorizeButton(page).click();
    await client.begin((await callback.answer()).code);
    await client.rounds(3);
  });
  await t.test('a second secret is added beside the one in use', async () => {
    await page.goto(app.page);
    await look(page, 'app-one-secret');
    await press(page, 'Add a secret');
    await page.getByRole('heading', { name: 'Your new secret' }).waitFor();
    renewed = await shown(page, 'client_secret');
    await look(page, 'secret-created');
    await client.rounds(3);
    await goOn(page).click();
    await page.waitForURL(app.page);
    await end(app.client_secret.slice(-4)).waitFor();
    await look(page, 'app-two-secrets');
  });
  await t.test('the old one is not ended by mistake', async () => {
    await end(app.client_secret.slice(-4)).click();
    await page.getByText('Something still seems to use it').waitFor();
    await look(page, 'secret-end-in-use');
    await fill(page, 'Your password', 'wrong');
    await press(page, 'End secret');
    await page.getByRole('alert').waitFor();
    await look(page, 'secret-end-mistake');
    await client.rounds(3);
  });
  await t.test('the client takes the new one, and the old one is ended', async () => {
    client.secret = renewed;
    await client.rounds(3);
    await page.goto(app.page);
    await end(app.client_secret.slice(-4)).click();
    await fill(page, 'Your password', facts.identity.password);
    await press(page, 'End secret');
    await page.getByRole('status').filter({ hasText: 'refused from now on' }).waitFor();
    await look(page, 'app-secret-ended');
    await client.rounds(3);
    assert.match(await client.refusal(app.client_secret), /invalid_client|401/);
    assert.equal(await end('').count(), 0, 'the last one cannot be ended');
  });
  await t.test('the connected app is removed, and the API refuses within a second', async () => {
    const token = await client.end();
    const callAPI = () => call(facts.api, token.access_token);
    assert.equal((await callAPI()).status, 200);
    await page.goto(`${issuer}/oauth/authorized_applications`);
    const refused = untilRefused(callAPI);
    const pressed = performance.now();
    await page.getByRole('button', { name: 'Remove the access of Acme Reports' }).click();
    await refused;
    const took = performance.now() - pressed;
    assert.ok(took < 1000, `refused ${Math.round(took)} ms after the button was pressed`);
    await page.getByRole('status').waitFor();
    assert.equal((await callAPI()).status, 401);
    assert.match(await client.refusal(renewed), /invalid_grant|400/);
  });

  const colleague = await newPage(browser);
  await t.test('a colleague joins the team', async () => {
    await signInToPortal(colleague, issuer, facts.colleague);
    await colleague.getByText('No app yet').waitFor();
    assert.equal((await colleague.goto(app.page)).status(), 404);
    await page.goto(app.page);
    await page.getByLabel('Member of Sample Bakery').selectOption({ label: 'Robin Sample (robin@example.com)' });
    await press(page, 'Add to the team');
    await page.getByRole('status').filter({ hasText: 'new member' }).waitFor();
    await look(page, 'app-team');
    await colleague.goto(`${issuer}/oauth/applications`);
    await look(colleague, 'apps-on-a-team');
    await colleague.getByRole('link', { name: 'Acme Reports' }).click();
    await colleague.getByRole('button', { name: 'Leave the team' }).waitFor();
    assert.equal(await colleague.getByText('Delete this app').count(), 0);
    await look(colleague, 'app-as-team-member');
    assert.equal((await colleague.goto(`${app.page}/delete`)).status(), 403);
    await look(colleague, 'app-owner-only');
  });
  await t.test('the app is handed over, and back', async () => {
    await page.goto(app.page);
    await page.getByRole('link', { name: 'Hand the app over to Robin Sample' }).click();
    await look(page, 'app-hand-over');
    await fill(page, 'Your password', 'wrong');
    await page.getByRole('button', { name: /^Hand over to/ }).click();
    await page.getByRole('alert').waitFor();
    await look(page, 'app-hand-over-mistake');
    await handOver(page, facts.identity.password);
    await colleague.goto(app.page);
    await colleague.getByRole('link', { name: 'Hand the app over to Sam Sample' }).click();
    await handOver(colleague, facts.colleague.password);
  });
  await t.test('the colleague is taken off the team', async () => {
    await page.goto(app.page);
    await page.getByRole('button', { name: 'Remove Robin Sample from the team' }).click();
    await page.getByRole('status').filter({ hasText: 'replace them' }).waitFor();
    await look(page, 'app-team-removed');
    assert.equal((await colleague.goto(app.page)).status(), 404);
  });

  await t.test('a single-page app, first with addresses that are not for it', async () => {
    await page.goto(`${issuer}/oauth/applications/new`);
    await fillAppForm(page, { name: 'Acme Page', kind: 'Single-page app', redirects: ['com.example.acme:/callback', 'http://myapp.com/oauth'] });
    await page.getByRole('alert').waitFor();
    assert.ok(await page.getByRole('radio', { name: 'Single-page app' }).isChecked());
    await look(page, 'app-new-single-page-mistakes');
    await page.getByLabel('Redirect URIs').fill(redirect);
    await press(page, 'Register app');
    await look(page, 'app-created-single-page');
    await goOn(page).click();
    await page.getByText('Keep the tokens in memory').waitFor();
    await look(page, 'app-single-page');
    await page.getByRole('link', { name: 'Edit' }).click();
    await look(page, 'app-edit-single-page');
  });
  await t.test('a machine has no redirect URIs', async () => {
    await page.goto(`${issuer}/oauth/applications/new`);
    await fillAppForm(page, { name: 'Acme Robot', kind: 'Machine', redirects: [redirect] });
    await page.getByRole('alert').waitFor();
    await look(page, 'app-new-machine-mistake');
    await page.getByLabel('Redirect URIs').fill('');
    await press(page, 'Register app');
    await goOn(page).click();
    await page.getByRole('heading', { level: 1, name: 'Acme Robot' }).waitFor();
    await look(page, 'app-machine');
    await page.getByRole('link', { name: 'Edit' }).click();
    assert.equal(await page.getByLabel('Redirect URIs').count(), 0);
    await look(page, 'app-edit-machine');
  });
  await t.test('a kind that does not exist', async () => {
    await page.goto(`${issuer}/oauth/applications/new`);
    await page.getByRole('radio', { name: 'Web app' }).evaluate((radio) => { radio.value = 'toaster'; });
    await fill(page, 'Name', 'Toaster');
    await pressAnyway(page, 'Register app');
    await page.getByRole('alert').filter({ hasText: 'Choose what the app is.' }).waitFor();
  });
  await t.test('the browsers had nothing to complain about', () => assert.deepEqual([...page.mishaps, ...colleague.mishaps], []));
});

async function handOver(page, password) {
  await fill(page, 'Your password', password);
  await page.getByRole('button', { name: /^Hand over to/ }).click();
  await page.getByRole('status').filter({ hasText: 'new owner' }).waitFor();
}

/** A client that refreshes one round after the other, with the secret that it has been told. A refusal ends the test. */
function startClient(issuer, app, redirectURI) {
  const library = (secret) => new AuthorizationCode({
    client: { id: app.client_id, secret },
    auth: { tokenHost: issuer, tokenPath: '/oauth/token', authorizePath: '/oauth/authorize' },
  });
  let token, running, stopped = false, done = 0, waiting = [];
  const run = async () => {
    while (!stopped) {
      token = (await library(client.secret).createToken(token).refresh()).token;
      done++;
      waiting = waiting.filter(({ after, resolve }) => done < after || resolve());
    }
  };
  const client = {
    secret: app.client_secret,
    async begin(code) {
      token = (await library(client.secret).getToken({ code, redirect_uri: redirectURI })).token;
      running = run();
    },
    /** Waits until so many rounds have gone well. */
    rounds: (n) => Promise.race([running.then(() => { throw new Error('the client has ended'); }), new Promise((resolve) => waiting.push({ after: done + n, resolve }))]),
    async end() {
      stopped = true;
      await running;
      return token;
    },
    /** What a refresh with a secret is answered. */
    refusal: (secret) => library(secret).createToken(token).refresh().then(() => 'nothing', (error) => JSON.stringify([error.message, error.data?.payload])),
  };
  return client;
}
