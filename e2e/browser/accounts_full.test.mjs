// An account with more people, longer names and longer addresses than fit.
import { test } from 'node:test';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { look } from '../support/look.mjs';
import { addPeople, letEverybodyInto } from '../support/people.mjs';
import { becomeOperator, inviteByPage, registerApp } from '../support/person.mjs';
import { startServe } from '../support/servers.mjs';

const longest = 'Quarterly Revenue Reconciliation and Forecasting for Bakers!';
const unbroken = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunt';
const rightToLeft = 'شركة التقارير والتحليلات المتقدمة';
const names = (n) => (n % 10 === 0 ? rightToLeft : n % 13 === 0 ? unbroken : n % 7 === 0 ? longest : `Branch Manager ${n}`);

test('an account of forty', async (t) => {
  const server = await startServe(t);
  const { issuer, setupLink } = server;
  const page = await newPage(await launchBrowser(t));
  await becomeOperator(page, setupLink, { name: unbroken, email: `${'a'.repeat(50)}@example.com`, company: longest });
  await page.goto(`${issuer}/accounts`);
  await page.getByRole('link', { name: longest }).click();
  const account = page.url();
  await addPeople(server, Array.from({ length: 40 }, (_, n) => ({ name: names(n + 1), email: `${n % 9 ? 'member' : 'admin'}-${n}@${'long-'.repeat(n % 4 ? 1 : 8)}domain.example` })));
  await letEverybodyInto(server, new URL(account).pathname.split('/').pop());
  await registerApp(page, issuer, { name: longest, redirects: ['https://reports.example/callback'] });
  await registerApp(page, issuer, { name: rightToLeft, redirects: ['https://reports.example/callback'] });
  await page.goto(account);
  for (const email of ['new@example.com', `${'b'.repeat(55)}@${'long-'.repeat(10)}domain.example`]) {
    await inviteByPage(page, email, 'Owner');
    await look(page, 'invited-full');
    await page.getByRole('link', { name: 'I have passed it on' }).click();
  }

  await t.test('its page', () => look(page, 'account-full'));
  await t.test('a member', async () => {
    await page.getByRole('link', { name: unbroken }).nth(1).click();
    await look(page, 'member-full');
  });
  await t.test('its other pages', async () => {
    for (const [path, name] of [['settings', 'settings'], ['owner', 'hand-over'], ['close', 'close'], ['leave', 'leave'], ['invitations/new', 'invite']]) {
      await page.goto(`${account}/${path}`);
      await look(page, `account-${name}-full`);
    }
  });
  await t.test('the door', async () => {
    await page.goto(account);
    const link = await inviteByPage(page, 'door@example.com', 'Admin');
    const nobody = await newPage(page.context().browser());
    await nobody.goto(link);
    await look(nobody, 'invitation-full');
  });
});
