// Pages of the first hour, when there is nothing yet.
import { test } from 'node:test';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { look } from '../support/look.mjs';
import { becomeOperator, fill, goOn, pressAnyway, registerApp } from '../support/person.mjs';
import { startServe } from '../support/servers.mjs';

test('empty pages', async (t) => {
  const { issuer, setupLink } = await startServe(t);
  const page = await newPage(await launchBrowser(t));

  await t.test('first start', async () => {
    await page.goto(setupLink);
    await look(page, 'setup');
  });
  await t.test('first start with mistakes', async () => {
    await fill(page, 'Your name', 'Ada Operator');
    await fill(page, 'E-mail address', 'ada at example');
    await fill(page, 'Password', 'short');
    await pressAnyway(page, 'Create operator');
    await page.getByRole('alert').waitFor();
    await look(page, 'setup-mistakes');
  });
  await t.test('no app yet', async () => {
    await becomeOperator(page, setupLink);
    await look(page, 'apps-empty');
  });
  await t.test('no connected app yet', async () => {
    await page.goto(`${issuer}/oauth/authorized_applications`);
    await look(page, 'connected-empty');
  });
  await t.test('the link was used', async () => {
    await page.goto(setupLink);
    await look(page, 'setup-over');
  });
  await t.test('one account', async () => {
    await page.goto(`${issuer}/accounts`);
    await look(page, 'accounts-one');
  });
  await t.test('an app without scopes, tokens or API', async () => {
    await registerApp(page, issuer, { name: 'First', redirects: ['https://first.example/callback'] });
    await goOn(page).click();
    await page.getByRole('heading', { level: 1, name: 'First' }).waitFor();
    await look(page, 'app-empty');
  });
  await t.test('consent to an app that asks for no scope', async () => {
    const link = page.getByText(/oauth\/authorize\?response_type/);
    await page.goto((await link.textContent()).match(/http\S+authorize\?\S+/)[0]);
    await look(page, 'consent-no-scope');
  });
});
