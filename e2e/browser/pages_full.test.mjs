// Pages with the longest names, names from right to left, and more of everything than fits.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { startUpstream } from '../support/api.mjs';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { look } from '../support/look.mjs';
import { authorizeAndArrive, authorizeURL, becomeOperator, createToken, goOn, registerApp } from '../support/person.mjs';
import { startServe, temporaryDirectory } from '../support/servers.mjs';

const longest = 'Quarterly Revenue Reconciliation and Forecasting for Bakers!';
const unbroken = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunt';
const rightToLeft = 'شركة التقارير والتحليلات المتقدمة';
const callback = (n) => `https://reports-${n}.a-rather-long-subdomain.example.com/integrations/oauth/callback/of/region/${n}`;

const things = ['dashboards', 'reports', 'invoices', 'customers', 'products', 'orders', 'employees', 'suppliers', 'payments', 'calendars'];
const scopes = things.flatMap((thing) => [
  { name: `${thing}:read`, words: `Your ${thing} and what is in them` },
  { name: `${thing}:write`, words: `Add and edit ${thing}`, changes: true },
  { name: `${thing}:delete`, words: `Delete ${thing} for good`, changes: true, risky: true },
]);

const configuration = (upstream) => [
  'name = "Acme International Identity"',
  ...scopes.map((scope) => ['[[scope]]', ...Object.entries(scope).map(([key, value]) => `${key} = ${JSON.stringify(value)}`)].join('\n')),
  `[[api]]\nprefix = "/v3/"\nupstream = "${upstream}"\n[[api.route]]\nmethod = "GET"\npath = "/v3/dashboards"`,
].join('\n\n');

/** Accounts by the dozen, without drawing the page each time. */
async function openAccounts(page, issuer, count) {
  await page.goto(`${issuer}/accounts`);
  const csrf = await page.locator('input[name=csrf]').first().inputValue();
  for (let n = 1; n <= count; n++) {
    const account_name = n % 10 === 0 ? rightToLeft : n % 7 === 0 ? longest : `Branch office ${n}`;
    await page.request.post(`${issuer}/accounts`, { form: { csrf, account_name, slug: `branch-${n}` } });
  }
}

test('full pages', async (t) => {
  const upstream = await startUpstream(t, {});
  const config = path.join(await temporaryDirectory(t), 'launchpad.toml');
  await writeFile(config, configuration(upstream.origin));
  const { issuer, setupLink } = await startServe(t, { config });
  const page = await newPage(await launchBrowser(t));
  await becomeOperator(page, setupLink, { name: unbroken, email: `${'a'.repeat(50)}@example.com`, company: longest });
  await openAccounts(page, issuer, 29);
  const apps = {};

  await t.test('30 accounts', async () => {
    await page.goto(`${issuer}/accounts`);
    await look(page, 'accounts-full');
  });
  await t.test('register an app, 30 scopes', async () => {
    await page.goto(`${issuer}/oauth/applications/new`);
    await look(page, 'app-new-full');
  });
  await t.test('credentials, longest name', async () => {
    apps.longest = await registerApp(page, issuer, { name: longest, redirects: Array.from({ length: 20 }, (_, n) => callback(n)) });
    await look(page, 'app-created-full');
  });
  await t.test('personal token', async () => {
    await page.goto(apps.longest.page);
    await createToken(page, unbroken);
    await look(page, 'token-created-full');
  });
  await t.test('app, 20 redirect URIs and 5 tokens', async () => {
    for (const name of [longest, rightToLeft, 'CI', 'Laptop']) {
      await page.goto(apps.longest.page);
      await createToken(page, name);
    }
    await goOn(page).click();
    await page.waitForURL(apps.longest.page);
    await look(page, 'app-full');
  });
  await t.test('edit and delete, longest name', async () => {
    await page.goto(`${apps.longest.page}/edit`);
    await look(page, 'app-edit-full');
    await page.goto(`${apps.longest.page}/delete`);
    await look(page, 'app-delete-full');
  });
  await t.test('30 apps', async () => {
    for (const name of [rightToLeft, unbroken]) apps[name] = await registerApp(page, issuer, { name, redirects: [callback(1)] });
    for (let n = 4; n <= 30; n++) await registerApp(page, issuer, { name: `App ${n}`, redirects: [n % 3 ? callback(n) : 'http://myapp.com/oauth'] });
    await page.goto(`${issuer}/oauth/applications`);
    await look(page, 'apps-full');
  });
  await t.test('consent, longest name', async () => {
    await page.goto(authorizeURL(issuer, apps.longest, callback(0)));
    await look(page, 'consent-full');
  });
  await t.test('consent, name from right to left', async () => {
    await page.goto(authorizeURL(issuer, apps[rightToLeft], callback(1), { scope: 'reports:read' }));
    await look(page, 'consent-right-to-left');
  });
  await t.test('consent, a name without a place to break', async () => {
    await page.goto(authorizeURL(issuer, apps[unbroken], callback(1), { scope: 'reports:read reports:delete' }));
    await look(page, 'consent-unbroken');
  });
  await t.test('connected app, longest name', async () => {
    await page.goto(authorizeURL(issuer, apps.longest, callback(0)));
    await authorizeAndArrive(page, callback(0));
    await page.goto(`${issuer}/oauth/authorized_applications`);
    await look(page, 'connected-full');
  });
  await t.test('sign-in on the way to the app with the longest name', async () => {
    await page.context().clearCookies();
    await page.goto(authorizeURL(issuer, apps.longest, callback(0)));
    await look(page, 'signin-for-app-full');
  });
});
