// What apps still do in old ways, as their developers and operators see it: nothing, a little, and much by many.
import { test } from 'node:test';
import { startUpstream } from '../support/api.mjs';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { look } from '../support/look.mjs';
import { authorizeAndArrive, authorizeURL, becomeOperator, createToken, registerApp } from '../support/person.mjs';
import { startServeWith } from '../support/servers.mjs';

const longest = 'Quarterly Revenue Reconciliation and Forecasting for Bakers!';
const rightToLeft = 'شركة التقارير والتحليلات المتقدمة';
const redirect = 'https://reports.example.com/callback';

const inDays = (days) => new Date(Date.now() + days * 24 * 3600 * 1000).toISOString().slice(0, 10);
const configuration = (upstream) => [
  'sign_up = "open"', '[sunset]', `query_token = ${inDays(90)}`, `draft5 = ${inDays(-90)}`,
  '[[api]]', 'prefix = "/v3/"', `upstream = "${upstream}"`, '[[api.route]]', 'method = "GET"', 'path = "/v3/dashboards"',
];

/** Registers an app and makes a token from its page, without drawing the pages. */
async function appWithToken(page, issuer, name) {
  const csrf = await page.locator('input[name=csrf]').first().inputValue();
  const account = await page.locator('select[name=account] option').first().getAttribute('value');
  const post = async (path, form) => (await page.request.post(issuer + path, { form: { csrf, ...form } })).text();
  const made = await post('/oauth/applications', { client_name: name, kind: 'web', account, redirect_uri: redirect });
  const path = made.match(/\/oauth\/applications\/[0-9a-f-]{36}/)[0];
  return (await post(`${path}/tokens`, { token_name: 'Script', life: '90' })).match(/lp_pat_\w+/)[0];
}

const callByAddress = async (issuer, token, times) => {
  for (let n = 0; n < times; n++) {
    const answer = await fetch(`${issuer}/v3/dashboards?access_token=${token}`);
    if (answer.status !== 200) throw new Error(`the API answers ${answer.status}`);
  }
};

test('old ways', async (t) => {
  const upstream = await startUpstream(t, {});
  const { issuer, setupLink } = await startServeWith(t, configuration(upstream.origin));
  const page = await newPage(await launchBrowser(t));
  await becomeOperator(page, setupLink);
  let app;

  await t.test('nothing is old yet', async () => {
    await page.getByRole('link', { name: 'Old ways' }).click();
    await page.getByText('No app goes an old way.').waitFor();
    await look(page, 'old-ways-empty');
    app = await registerApp(page, issuer, { name: 'Reports', redirects: [redirect] });
    await page.goto(app.page);
    if (await page.getByRole('heading', { name: 'What to change' }).count()) throw new Error('an app that did nothing has something to change');
  });
  await t.test('the developer reads what to change', async () => {
    await page.goto(authorizeURL(issuer, app, redirect));
    await authorizeAndArrive(page, redirect);
    await page.goto(app.page);
    await callByAddress(issuer, await createToken(page, 'Script'), 12);
    await page.goto(app.page);
    await page.getByText('Some of what this app does will be refused').waitFor();
    const section = page.getByRole('region', { name: 'What to change' });
    for (const way of ['Authorization without PKCE', 'Authorization without state', 'Tokens in the address of API calls']) await section.getByRole('heading', { name: way }).waitFor();
    await section.getByRole('region', { name: /^Tokens in the address/ }).getByText('Show as table').click();
    await section.getByRole('cell', { name: '12' }).waitFor();
    await look(page, 'old-ways-app');
  });
  await t.test('the way is explained', async () => {
    await page.goto(app.page);
    await page.getByRole('link', { name: 'How to change it: Authorization without PKCE' }).click();
    await page.getByRole('heading', { name: 'old_no_pkce' }).waitFor();
    await look(page, 'old-ways-explained');
  });
  await t.test('the operator sees who does it', async () => {
    await page.goto(`${issuer}/admin/old-ways`);
    await page.getByRole('table').first().waitFor();
    await look(page, 'old-ways-typical');
    await page.getByRole('link', { name: 'Reports' }).first().click();
    await page.getByRole('link', { name: 'ada@example.com' }).waitFor();
    await look(page, 'old-ways-of-app');
  });
  await t.test('40 apps', async () => {
    await page.goto(`${issuer}/oauth/applications/new`);
    for (let n = 1; n <= 40; n++) {
      const name = n % 10 === 0 ? rightToLeft : n % 7 === 0 ? longest : `App ${n}`;
      await callByAddress(issuer, await appWithToken(page, issuer, name), n % 5 + 1);
    }
    await page.goto(`${issuer}/admin/old-ways`);
    await look(page, 'old-ways-full');
  });
});
