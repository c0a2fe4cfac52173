// The walk of a newcomer: from an empty directory to a called API, and back to nothing.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { call, exchange, revoke, startCallback, startUpstream, untilRefused } from '../support/api.mjs';
import { launchBrowser, newPage } from '../support/browser.mjs';
import {
  authorizeButton, authorizeURL, becomeOperator, chooseAccounts, createToken, fillAppForm, goOn, openAccount, shown,
} from '../support/person.mjs';
import { startServe, temporaryDirectory } from '../support/servers.mjs';

const dashboards = { acme: ['Rockets sold'], 'acme-bakery': ['Loaves per day', 'Flour in stock'] };

const configuration = (upstream) => `
name = "Acme ID"

[[scope]]
name = "dashboards:read"
words = "Your dashboards and what is on them"

[[api]]
prefix = "/v3/"
upstream = "${upstream}"

[[api.route]]
method = "GET"
path = "/v3/dashboards"
scope = "dashboards:read"
`;

test('from first start to a called API', async (t) => {
  const upstream = await startUpstream(t, dashboards);
  const config = path.join(await temporaryDirectory(t), 'launchpad.toml');
  await writeFile(config, configuration(upstream.origin));
  const { issuer, setupLink } = await startServe(t, { config });
  const callback = await startCallback(t);
  const page = await newPage(await launchBrowser(t));
  const api = `${issuer}/v3/dashboards`;
  let app, tokens;

  await t.test('the link on the console makes the operator, once', async () => {
    await becomeOperator(page, setupLink);
    const again = await page.request.get(setupLink);
    assert.equal(again.status(), 404);
  });

  await t.test('a second account', async () => {
    await openAccount(page, issuer, 'Acme Bakery');
    await page.getByRole('main').getByText('acme-bakery').waitFor();
  });

  await t.test('registering an app shows its secret once', async () => {
    await page.goto(issuer);
    await page.getByRole('link', { name: 'Register your first app' }).click();
    await fillAppForm(page, { name: 'Rocket Reports', redirects: [callback.redirectURI] });
    app = { client_id: await shown(page, 'client_id'), client_secret: await shown(page, 'client_secret') };
    assert.match(app.client_secret, /^lp_cs_\w{40,}$/);
    await goOn(page).click();
    await page.getByRole('heading', { level: 1, name: 'Rocket Reports' }).waitFor();
    app.page = page.url();
    assert.ok(!(await page.content()).includes(app.client_secret), 'the secret is on the page again');
  });

  await t.test('authorizing it for one of the two accounts', async () => {
    await page.goto(authorizeURL(issuer, app, callback.redirectURI, { state: 'state-1' }));
    await chooseAccounts(page, 'Acme Bakery');
    await authorizeButton(page).click();
    const answer = await callback.answer();
    assert.deepEqual({ state: answer.state, iss: answer.iss }, { state: 'state-1', iss: issuer });
    tokens = await exchange(issuer, app, answer.code, callback.redirectURI);
    assert.equal(tokens.expires_in, 7200);
  });

  await t.test('the API shows that account, and refuses the other', async () => {
    const answer = await call(api, tokens.access_token);
    assert.deepEqual([answer.status, answer.account, answer.dashboards], [200, 'acme-bakery', dashboards['acme-bakery']]);
    const other = await call(api, tokens.access_token, { 'Launchpad-Account': 'acme' });
    assert.equal(other.status, 403);
    assert.match(other.error_description, /does not reach this account/);
  });

  await t.test('nobody can tell the API who he is but the gateway', async () => {
    const forged = { 'Launchpad-Account-Slug': 'acme', launchpad_account_slug: 'acme', 'Launchpad-Scope': 'everything', Cookie: 'session=x' };
    const { status, account, headers } = await call(api, tokens.access_token, forged);
    assert.deepEqual([status, account, headers['launchpad-scope']], [200, 'acme-bakery', 'dashboards:read']);
    for (const name of ['authorization', 'cookie', 'launchpad_account_slug']) assert.equal(headers[name], undefined, name);
  });

  await t.test('revoked, the token is refused within a second', async (t) => {
    assert.equal((await revoke(issuer, app, tokens.access_token)).status, 200);
    const took = await untilRefused(() => call(api, tokens.access_token));
    assert.ok(took < 1000, `it took ${took} ms`);
    t.diagnostic(`note: refused after ${Math.ceil(took)} ms`);
  });

  await t.test('removed from the connected apps, the app is refused within a second', async () => {
    await page.goto(authorizeURL(issuer, app, callback.redirectURI));
    const { code } = await callback.answer();
    const { access_token } = await exchange(issuer, app, code, callback.redirectURI);
    assert.equal((await call(api, access_token)).status, 200);
    await page.goto(`${issuer}/oauth/authorized_applications`);
    await page.getByRole('main').getByText('Acme Bakery').waitFor();
    await page.getByRole('button', { name: 'Remove the access of Rocket Reports' }).click();
    await page.getByRole('status').waitFor();
    const took = await untilRefused(() => call(api, access_token));
    assert.ok(took < 1000, `it took ${took} ms`);
  });

  await t.test('a personal token calls the API, by header and by query', async () => {
    await page.goto(app.page);
    const token = await createToken(page, 'First try');
    assert.deepEqual((await call(api, token)).dashboards, dashboards.acme);
    const byQuery = await call(`${api}?page=2&access_token=${token}`, undefined, { 'Launchpad-Account': 'acme-bakery' });
    assert.deepEqual([byQuery.dashboards, byQuery.url], [dashboards['acme-bakery'], '/v3/dashboards?page=2']);
    await goOn(page).click();
    tokens.personal = token;
  });

  await t.test('revoked in the portal, it is refused within a second', async () => {
    const row = page.getByRole('row', { name: /First try/ });
    assert.match(await row.textContent(), /just now/);
    await row.getByRole('button', { name: /Revoke/ }).click();
    await page.getByRole('status').waitFor();
    const took = await untilRefused(() => call(api, tokens.personal));
    assert.ok(took < 1000, `it took ${took} ms`);
    assert.equal((await call(`${api}?access_token=${tokens.personal}`)).status, 401);
    assert.equal(await page.getByRole('row', { name: /First try/ }).count(), 0);
  });

  await t.test('the browser had nothing to complain about', () => assert.deepEqual(page.mishaps, []));
});
