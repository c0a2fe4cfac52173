// Who may make an ID: with a code, everybody, nobody.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { look } from '../support/look.mjs';
import { becomeOperator, fill, fillSignUp, goOn, password, press, pressAnyway, shown, signIn } from '../support/person.mjs';
import { startServeWith } from '../support/servers.mjs';

const longest = 'Maximiliane Wolkenstein-Trostburg von und zu Rodenegg-Brixen';
const nora = { email: 'nora@example.com', password: 'six sheep jump over the gate' };

const settings = (mode) => ['name = "Acme ID"', `sign_up = "${mode}"`, 'create_accounts = "everyone"'];

test('where only the invited may make an ID', async (t) => {
  const { issuer, setupLink } = await startServeWith(t, settings('invitation'));
  const browser = await launchBrowser(t);
  const operator = await newPage(browser);
  const page = await newPage(browser);
  let link;

  await t.test('setup refuses a password that everybody knows', async () => {
    await operator.goto(setupLink);
    await fill(operator, 'Your name', 'Ada Operator');
    await fill(operator, 'E-mail address', 'ada@example.com');
    await fill(operator, 'Password', 'password123');
    await fill(operator, 'Your company', 'Acme');
    await press(operator, 'Create operator');
    await operator.getByRole('alert').waitFor();
    await look(operator, 'setup-common-password');
    await becomeOperator(operator, setupLink);
  });
  await t.test('an operator makes codes', async () => {
    await operator.getByRole('link', { name: 'Invitations' }).click();
    await operator.getByRole('heading', { level: 1, name: 'Invitations' }).waitFor();
    await look(operator, 'codes-empty');
    await operator.getByLabel('E-mail address (optional)').fill('nora example.com');
    await pressAnyway(operator, 'Create code');
    await operator.getByRole('alert').waitFor();
    await look(operator, 'codes-mistake');
    for (const email of [`${'n'.repeat(50)}@a-rather-long-subdomain.example.com`, '']) {
      await operator.goto(`${issuer}/people/invitations`);
      await fill(operator, 'E-mail address (optional)', email);
      await press(operator, 'Create code');
      await goOn(operator).waitFor();
      link = await shown(operator, 'link');
      await look(operator, email ? 'code-made-full' : 'code-made');
      await goOn(operator).click();
    }
    await operator.waitForURL('**/people/invitations');
    await look(operator, 'codes');
  });

  await t.test('who has no code is told so', async () => {
    await page.goto(`${issuer}/signin`);
    await look(page, 'signin-offer');
    await page.getByRole('link', { name: 'Create one' }).click();
    await look(page, 'signup-by-code');
    await fillSignUp(page, { name: ' ', email: 'nora', password: 'short' });
    await pressAnyway(page, 'Create ID');
    await page.getByRole('alert').waitFor();
    await look(page, 'signup-mistakes');
  });
  await t.test('a code that is over', async () => {
    await page.goto(`${link.slice(0, -1)}x`);
    await page.getByRole('alert').waitFor();
    await look(page, 'signup-over');
  });
  await t.test('with a code an ID is made', async () => {
    await page.goto(link);
    await look(page, 'signup-invited');
    await fillSignUp(page, nora);
    await press(page, 'Create ID');
    await page.waitForURL('**/signin?signed_up');
    await look(page, 'signin-signed-up');
  });
});

test('where everybody may make an ID', async (t) => {
  const { issuer, setupLink } = await startServeWith(t, settings('open'));
  const page = await newPage(await launchBrowser(t));
  await becomeOperator(page, setupLink);

  await t.test('codes are not needed', async () => {
    await page.goto(`${issuer}/people/invitations`);
    await look(page, 'codes-open');
  });
  await t.test('another ID in the same browser', async () => {
    await page.getByRole('banner').getByText(/Ada/).click();
    await page.getByRole('link', { name: 'Use another ID' }).click();
    await look(page, 'signin-another');
    await page.getByRole('link', { name: 'Create one' }).click();
    await look(page, 'signup');
    await fillSignUp(page, { name: longest, email: 'max@example.com', password });
    await fill(page, 'Your company (optional)', 'Acme');
    await press(page, 'Create ID');
    await page.waitForURL('**/signin?signed_up');
    await signIn(page, { email: 'max@example.com', password });
    await page.waitForURL('**/oauth/applications');
    await page.goto(`${issuer}/accounts`);
    await page.getByRole('main').getByText(/^acme-/).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Invitations' }).count(), 0);
  });
});

test('where nobody may', async (t) => {
  const { issuer, setupLink } = await startServeWith(t, settings('closed'));
  const page = await newPage(await launchBrowser(t));
  await page.goto(`${issuer}/signup`);
  await look(page, 'signup-closed');
  await becomeOperator(page, setupLink);
  await page.goto(`${issuer}/people/invitations`);
  await look(page, 'codes-closed');
});
