// Two people in two browsers: one opens an account and invites, the other joins, is refused, is raised, and removed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { look } from '../support/look.mjs';
import { addPeople } from '../support/people.mjs';
import { becomeOperator, fill, inviteByPage, openAccount, password, press, pressAnyway, shown, signIn } from '../support/person.mjs';
import { startServe } from '../support/servers.mjs';

const ben = { name: 'Ben Baker', email: 'ben@example.com', password };
const mallory = { name: 'Mallory Miller', email: 'mallory@example.com', password };
const status = (page, text) => page.getByRole('status').filter({ hasText: text }).waitFor();
const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();

/** Sends a form that the page does not offer, as somebody by hand would. */
async function postByHand(page, address, form = {}) {
  const csrf = await page.locator('input[name=csrf]').first().inputValue();
  return page.request.post(address, { form: { csrf, ...form }, headers: { Origin: new URL(address).origin } });
}

test('an account of two', async (t) => {
  const server = await startServe(t);
  const { issuer, setupLink } = server;
  const browser = await launchBrowser(t);
  const ada = await newPage(browser);
  const other = await newPage(browser);
  const bakery = `${issuer}/accounts/acme-bakery`;
  let link;

  await t.test('a second account is opened', async () => {
    await becomeOperator(ada, setupLink);
    await addPeople(server, [ben, mallory]);
    await openAccount(ada, issuer, 'Acme Bakery');
    await ada.getByRole('link', { name: 'Acme Bakery' }).click();
    await heading(ada, 'Acme Bakery');
    await look(ada, 'account-alone');
  });

  await t.test('somebody is invited', async () => {
    await ada.getByRole('link', { name: 'Invite somebody' }).click();
    await look(ada, 'invite');
    await fill(ada, 'E-mail address', 'ben at example');
    await pressAnyway(ada, 'Make the link');
    await look(ada, 'invite-mistake');
    await fill(ada, 'E-mail address', ben.email);
    await press(ada, 'Make the link');
    await heading(ada, 'Pass this link on');
    link = await shown(ada, 'link');
    await look(ada, 'invited');
    await ada.getByRole('link', { name: 'I have passed it on' }).click();
    await ada.getByRole('heading', { name: 'One open invitation' }).waitFor();
    assert.ok(!(await ada.content()).includes(new URL(link).searchParams.get('code')), 'the link is shown again');
    await look(ada, 'account-invited');
    await inviteByPage(ada, ben.email, 'Member').then(assert.fail, () => {}); // no link is made
    assert.match(await ada.getByRole('alert').textContent(), /open invitation/);
  });

  await t.test('the link in the hands of somebody else', async () => {
    await other.goto(link);
    await look(other, 'invitation-nobody');
    await other.getByRole('link', { name: 'Sign in to join' }).click();
    await signIn(other, mallory);
    await other.getByText('It is for another e-mail address than yours.').waitFor();
    assert.ok(!(await other.getByRole('main').textContent()).includes(ben.email), 'the page tells whom it is for');
    await look(other, 'invitation-elsewhere');
  });

  await t.test('its person joins', async () => {
    await other.getByRole('link', { name: 'Sign in as somebody else' }).click();
    await signIn(other, ben);
    await other.getByRole('button', { name: 'Join Acme Bakery' }).waitFor();
    await look(other, 'invitation');
    await press(other, 'Join Acme Bakery');
    await status(other, 'Welcome, Ben Baker');
    await look(other, 'account-joined');
  });

  await t.test('a member is offered no act of others, and refused one that is tried by hand', async () => {
    for (const name of ['Invite somebody', 'Ada Operator', 'Ben Baker']) assert.equal(await other.getByRole('main').getByRole('link', { name }).count(), 0, name);
    await other.goto(`${bakery}/settings`);
    assert.equal(await other.getByRole('button', { name: 'Save name' }).count(), 0);
    await look(other, 'account-settings-member');
    const answer = await postByHand(other, `${bakery}/name`, { account_name: 'Ben’s Bakery' });
    assert.equal(answer.status(), 403);
    assert.match(await answer.text(), /Your role in this account is member, and only owners and admins may rename the account/);
    const page = await other.goto(`${bakery}/invitations/new`);
    assert.equal(page.status(), 403);
    await look(other, 'failure-role');
  });

  await t.test('made an admin, the same person may', async () => {
    await ada.goto(bakery);
    await ada.getByRole('link', { name: 'Ben Baker' }).click();
    await look(ada, 'member');
    await ada.getByRole('radio', { name: 'Admin' }).check();
    await press(ada, 'Save role');
    await status(ada, 'The role of Ben Baker is changed');
    await other.goto(`${bakery}/settings`);
    await look(other, 'account-settings-admin');
    await fill(other, 'Name', 'Acme Bakery and Café');
    await press(other, 'Save name');
    await heading(other, 'Acme Bakery and Café');
    await inviteByPage(other, 'cara@example.com', 'Admin');
    assert.equal(await other.getByRole('radio', { name: 'Owner' }).count(), 0);
    await other.goto(bakery);
    assert.equal(await other.getByRole('link', { name: 'Ada Operator' }).count(), 0, 'an admin is led to an owner');
    assert.equal((await postByHand(other, `${bakery}/close`, { password })).status(), 403);
  });

  await t.test('an invitation is withdrawn', async () => {
    await ada.goto(bakery);
    await ada.getByRole('button', { name: 'Withdraw the invitation of cara@example.com' }).click();
    await status(ada, 'withdrawn');
  });

  await t.test('the only owner cannot leave', async () => {
    await ada.goto(`${bakery}/settings`);
    await look(ada, 'account-settings');
    await ada.getByRole('link', { name: 'Leave…' }).click();
    await ada.getByText('You are the only owner.').waitFor();
    await look(ada, 'account-leave-last');
    await ada.goto(`${bakery}/owner`);
    await look(ada, 'account-hand-over');
    await pressAnyway(ada, 'Hand over Acme Bakery and Café');
    await look(ada, 'account-hand-over-mistakes');
    await ada.goto(bakery);
    await ada.getByRole('link', { name: 'Ada Operator' }).click();
    await ada.getByRole('radio', { name: 'Member' }).check();
    await press(ada, 'Save role');
    await look(ada, 'member-last-owner');
    await other.goto(`${bakery}/leave`);
    await look(other, 'account-leave');
  });

  await t.test('removed, a person finds nothing there', async () => {
    await ada.goto(bakery);
    await ada.getByRole('link', { name: 'Ben Baker' }).click();
    await press(ada, 'Remove from the account');
    await status(ada, 'The member is removed');
    await look(ada, 'account-removed');
    assert.equal((await other.goto(bakery)).status(), 404);
    assert.equal((await other.goto(link)).status(), 404);
    await look(other, 'failure-invitation');
  });

  await t.test('the account is closed, and opened by an operator', async () => {
    await ada.goto(`${bakery}/close`);
    await look(ada, 'account-close');
    await fill(ada, 'Your password', 'wrong');
    await press(ada, 'Close Acme Bakery and Café');
    await look(ada, 'account-close-mistake');
    await fill(ada, 'Your password', password);
    await press(ada, 'Close Acme Bakery and Café');
    await ada.getByRole('heading', { name: 'This account is closed' }).waitFor();
    await look(ada, 'account-closed');
    await ada.goto(`${issuer}/accounts`);
    await look(ada, 'accounts-closed');
    await ada.goto(bakery);
    await press(ada, 'Reopen Acme Bakery and Café');
    await status(ada, 'open again');
  });

  await t.test('the browsers had nothing to complain about', () => assert.deepEqual([...ada.mishaps, ...other.mishaps], []));
});
