// An account's own host as the way in: sign-in, consent and portal are the issuer's, with the account chosen beforehand.
import { test } from 'node:test';
import { startCallback } from '../support/api.mjs';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { look } from '../support/look.mjs';
import { authorizeButton, authorizeURL, registerApp, signIn } from '../support/person.mjs';
import { startDemo } from '../support/servers.mjs';

const expect = (what, got, want) => { if (got !== want) throw new Error(`${what}: ${got}, want ${want}`); };

/** The text of what is chosen in a list. */
const chosen = (page, label) => page.getByLabel(label, { exact: true }).evaluate((list) => list.selectedOptions[0].textContent);

test('account hosts', async (t) => {
  const { issuer, facts } = await startDemo(t);
  const [, cinema] = facts.accounts;
  const host = facts.account_hosts.replace('{account}', cinema.slug);
  const { redirectURI, answer } = await startCallback(t);
  const browser = await launchBrowser(t);
  const page = await newPage(browser);

  await t.test('the portal chooses the account as publisher', async () => {
    await page.goto(`${host}/oauth/applications`);
    expect('the sign-in is at', new URL(page.url()).origin, issuer);
    await signIn(page, facts.identity);
    await page.getByRole('link', { name: 'Register an app' }).click();
    expect('the publisher is', await chosen(page, 'Account'), cinema.name);
    await look(page, 'account-host-publisher');
    expect('cookies at the account\'s host', (await page.context().cookies(host)).length, 0);
  });
  await t.test('a flow that begins there ends at the app', async () => {
    const app = await registerApp(page, issuer, { name: 'Showtimes', redirects: [redirectURI] });
    await page.context().clearCookies();
    await page.goto(authorizeURL(host, app, redirectURI, { state: 'a b&c' }));
    expect('the sign-in is at', new URL(page.url()).origin, issuer);
    await signIn(page, facts.identity);
    await authorizeButton(page).waitFor();
    expect('the account that is meant is', await chosen(page, 'Account to start with'), cinema.name);
    await look(page, 'account-host-consent');
    await authorizeButton(page).click();
    const brought = await answer();
    expect('state', brought.state, 'a b&c');
    expect('iss', brought.iss, issuer);
  });
  await t.test('an app may send a form there', async () => {
    await page.goto(`${issuer}/oauth/applications`);
    await page.goto(redirectURI.replace('/callback', '/begin'));
    await page.evaluate(({ action, fields }) => {
      const form = document.createElement('form');
      Object.assign(form, { method: 'post', action });
      for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }));
      document.body.append(form);
      form.submit();
    }, { action: `${host}/oauth/authorize`, fields: { response_type: 'code', client_id: facts.apps.web.client_id, redirect_uri: facts.apps.web.redirect_uris[0] } });
    await authorizeButton(page).waitFor();
    expect('the consent is at', new URL(page.url()).origin, issuer);
    expect('the account that is meant is', await chosen(page, 'Account to start with'), cinema.name);
  });
});
