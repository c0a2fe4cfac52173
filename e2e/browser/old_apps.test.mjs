// Apps that are older than the specification: an operator lets them in, and people meet what they ask for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCallback } from '../support/api.mjs';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { look } from '../support/look.mjs';
import { authorizeButton, authorizeURL, press, registerApp, shown, signInToPortal } from '../support/person.mjs';
import { startDemo } from '../support/servers.mjs';

const shownHere = 'urn:ietf:wg:oauth:2.0:oob';

test('old apps', async (t) => {
  const { facts, issuer } = await startDemo(t);
  const { redirectURI: callback } = await startCallback(t);
  const browser = await launchBrowser(t);
  const page = await newPage(browser);
  await signInToPortal(page, issuer, facts.identity);
  const app = await registerApp(page, issuer, { name: 'Acme Archive', redirects: [callback, shownHere] });

  await t.test('an operator chooses the profile and switches tokens in the redirect on', async () => {
    await page.goto(app.page);
    const switches = page.getByRole('region', { name: "Operator's switches" });
    await switches.getByRole('radio', { name: /OAuth draft 5/ }).check();
    await switches.getByRole('checkbox', { name: /Tokens in the redirect/ }).check();
    await press(page, 'Save switches');
    await page.getByRole('status').filter({ hasText: 'saved' }).waitFor();
    assert.ok(await switches.getByRole('radio', { name: /OAuth draft 5/ }).isChecked());
    assert.ok(await switches.getByRole('checkbox', { name: /Tokens in the redirect/ }).isChecked());
    await look(page, 'app-draft5');
  });
  await t.test('a code is shown, to be copied', async () => {
    await page.goto(authorizeURL(issuer, app, shownHere));
    await page.getByText('you will see a code to copy').waitFor();
    await look(page, 'consent-shown-code');
    await authorizeButton(page).click();
    await page.getByRole('heading', { name: 'Copy this code into the app' }).waitFor();
    const code = await shown(page, 'authorization_code');
    assert.match(code, /^lp_ac_/);
    assert.ok(!(await page.title()).includes(code), 'the title is kept by others');
    await look(page, 'native-code');
    const answer = await fetch(`${issuer}/oauth/token?${new URLSearchParams({ type: 'web_server', client_id: app.client_id, client_secret: app.client_secret, code, redirect_uri: shownHere })}`, { method: 'POST' });
    assert.equal(answer.status, 200, await answer.text());
    await page.reload();
    await page.getByText('no living code of yours').waitFor();
    await look(page, 'native-code-over');
  });
  await t.test('a token comes in the fragment', async () => {
    await page.goto(`${issuer}/oauth/authorize?${new URLSearchParams({ type: 'user_agent', client_id: app.client_id, redirect_uri: callback, state: 's1', scope: 'dashboards:read' })}`);
    assert.equal(page.url().split('#')[0], callback);
    const fragment = new URLSearchParams(new URL(page.url()).hash.slice(1));
    assert.equal(fragment.get('state'), 's1');
    assert.equal(fragment.get('refresh_token'), null);
    const called = await fetch(facts.api, { headers: { Authorization: `Bearer ${fragment.get('access_token')}` } });
    assert.equal(called.status, 200);
  });
  await t.test('with OAuth 2.1 all that is over', async () => {
    await page.goto(app.page);
    await page.getByRole('radio', { name: /^OAuth 2.1/ }).check();
    await press(page, 'Save switches');
    await page.getByRole('status').filter({ hasText: 'saved' }).waitFor();
    assert.ok(!await page.getByRole('checkbox', { name: /Tokens in the redirect/ }).isChecked());
    await page.goto(authorizeURL(issuer, app, shownHere));
    await page.getByText('redirect_uri').first().waitFor();
    assert.ok(!page.url().includes('/oauth/consent'));
  });
});
