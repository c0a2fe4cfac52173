// The life of an ID: made by invitation, looked after, and ended.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { look } from '../support/look.mjs';
import { becomeOperator, fill, fillAppForm, fillSignUp, goOn, openAccount, press, pressAnyway, shown, signIn } from '../support/person.mjs';
import { startServeWith } from '../support/servers.mjs';

const longest = 'Maximiliane Wolkenstein-Trostburg von und zu Rodenegg-Brixen';
const rightToLeft = 'سلمى بنت عبد الرحمن الأندلسية';
const nora = { email: 'nora@example.com', password: 'six sheep jump over the gate' };
const changed = 'seven sheep jump over the gate';

const settings = ['name = "Acme ID"', 'sign_up = "invitation"', 'create_accounts = "everyone"'];

test('an ID from invitation to end', async (t) => {
  const { issuer, setupLink, log } = await startServeWith(t, settings);
  const browser = await launchBrowser(t);
  const operator = await newPage(browser);
  const page = await newPage(browser);
  const elsewhere = await newPage(browser, { userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1' });
  let link;

  await t.test('an operator makes a code', async () => {
    await becomeOperator(operator, setupLink);
    await operator.getByRole('link', { name: 'Invitations' }).click();
    await press(operator, 'Create code');
    await goOn(operator).waitFor();
    link = await shown(operator, 'link');
  });
  await t.test('with a code an ID is made', async () => {
    await page.goto(link);
    await fillSignUp(page, nora);
    await press(page, 'Create ID');
    await page.waitForURL('**/signin?signed_up');
    await signIn(page, nora);
    await page.waitForURL('**/oauth/applications');
    assert.ok(!log.lines.some((line) => line.includes('lp_iv_')), 'the code is in the log');
  });

  await t.test('one\'s own ID', async () => {
    await page.getByRole('link', { name: 'Your ID' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Your ID' }).waitFor();
    await look(page, 'my-id');
    await page.getByLabel('Your name').fill(' ');
    await pressAnyway(page, 'Save name');
    await page.getByRole('alert').waitFor();
    await look(page, 'my-id-mistake');
    await fill(page, 'Your name', longest);
    await press(page, 'Save name');
    await page.getByRole('status').waitFor();
    await look(page, 'my-id-full');
    await fill(page, 'Your name', rightToLeft);
    await press(page, 'Save name');
    await look(page, 'my-id-right-to-left');
    await page.getByRole('banner').getByText(rightToLeft).click();
    await look(page, 'menu-person');
  });
  await t.test('the sessions, one ended from another browser', async () => {
    for (const other of [elsewhere, await newPage(browser, { userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0' }), await newPage(browser, { userAgent: 'Lynx/2.9' })]) {
      await other.goto(`${issuer}/account`);
      await signIn(other, nora);
      await other.waitForURL('**/account');
    }
    await page.goto(`${issuer}/account/sessions`);
    await look(page, 'sessions');
    await press(page, 'Sign out Safari on iPhone');
    await page.getByRole('status').waitFor();
    await look(page, 'sessions-ended');
    await elsewhere.reload();
    await elsewhere.waitForURL('**/signin?**');
    await press(page, 'Sign out everywhere else');
    await page.getByRole('status').waitFor();
    await look(page, 'sessions-one');
  });
  await t.test('a new password, and the other browser is out', async () => {
    await signIn(elsewhere, nora);
    await elsewhere.waitForURL('**/account');
    await page.goto(`${issuer}/account/password`);
    await look(page, 'password');
    for (const [current, next, name] of [['wrong', changed, 'password-wrong'], [nora.password, 'nora@nora', 'password-personal']]) {
      await fill(page, 'Current password', current);
      await fill(page, 'New password', next);
      await press(page, 'Change password');
      await page.getByRole('alert').waitFor();
      assert.equal(await page.getByLabel('New password').inputValue(), '', 'a password came back');
      await look(page, name);
    }
    await fill(page, 'Current password', nora.password);
    await fill(page, 'New password', changed);
    await press(page, 'Change password');
    await page.waitForURL('**/account?password_changed');
    await look(page, 'my-id-password-changed');
    await elsewhere.reload();
    await elsewhere.waitForURL('**/signin?**');
  });

  await t.test('everything that is kept, as a page and as a file', async () => {
    await openAccount(page, issuer, 'Nora\'s Own');
    await page.goto(`${issuer}/oauth/applications/new`);
    await fillAppForm(page, { name: 'Nora Reports', redirects: ['https://nora.example/callback'] });
    await goOn(page).click();
    await page.goto(`${issuer}/account/data`);
    await look(page, 'data');
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    const file = JSON.parse(await readFile(await (await download).path(), 'utf8'));
    assert.deepEqual([file.profile.email, file.profile.name, file.accounts.length, file.apps[0].name], [nora.email, rightToLeft, 1, 'Nora Reports']);
  });

  await t.test('who is needed cannot go', async () => {
    await page.goto(`${issuer}/account/delete`);
    await look(page, 'id-delete-blocked');
    await page.getByRole('main').getByRole('link', { name: 'Nora Reports' }).click();
    await page.getByRole('link', { name: 'Delete this app…' }).click();
    await fill(page, 'Your password', changed);
    await press(page, 'Delete Nora Reports');
    await page.waitForURL('**/oauth/applications?deleted');
    await operator.goto(`${issuer}/account/delete`);
    await look(operator, 'id-delete-operator');
  });
  await t.test('deleted, the ID is gone from every browser', async () => {
    await signIn(elsewhere, { ...nora, password: changed });
    await elsewhere.waitForURL('**/account');
    await page.goto(`${issuer}/account/delete`);
    await look(page, 'id-delete');
    await fill(page, 'Your password', 'wrong');
    await press(page, 'Delete my ID');
    await page.getByRole('alert').waitFor();
    await look(page, 'id-delete-mistake');
    await fill(page, 'Your password', changed);
    await press(page, 'Delete my ID');
    await page.waitForURL('**/signed-out?deleted');
    await look(page, 'id-deleted');
    await elsewhere.reload();
    await elsewhere.waitForURL('**/signin?**');
    await page.goto(`${issuer}/signin`);
    await signIn(page, { ...nora, password: changed });
    await page.getByRole('alert').waitFor();
  });
});
