// What the page of an app tells its developer to type is typed here, word for word.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startCallback } from '../support/api.mjs';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { authorizeButton, goOn, press, registerApp, shown, signInToPortal } from '../support/person.mjs';
import { startDemo } from '../support/servers.mjs';

/** Runs lines as a developer's shell does, and gives what they print. */
async function shell(variables, ...lines) {
  const { stdout } = await promisify(execFile)('sh', ['-euc', lines.join('\n')], { env: { ...process.env, ...variables } });
  return stdout;
}

test('“Try it”, by hand', async (t) => {
  const { facts, issuer } = await startDemo(t);
  const callback = await startCallback(t);
  const page = await newPage(await launchBrowser(t));
  await signInToPortal(page, issuer, facts.identity);

  async function register(draft) {
    const app = await registerApp(page, issuer, draft);
    if (draft.kind === 'Machine') app.client_secret = await shown(page, 'client_secret');
    await goOn(page).click();
    await page.waitForURL(app.page);
    const steps = {};
    for (const box of await page.locator('.steps code').all()) steps[await box.getAttribute('id')] = await box.textContent();
    return { app, steps };
  }

  async function authorize(address) {
    await page.goto(address);
    await authorizeButton(page).click();
    return (await callback.answer()).code;
  }

  async function callsTheAPI(steps, answer) {
    const TOKEN = JSON.parse(answer).access_token;
    assert.ok(TOKEN, answer);
    assert.ok(JSON.parse(await shell({ TOKEN }, steps['try-call'])).account, 'the API answers for an account');
  }

  await t.test('a web app', async () => {
    const { app, steps } = await register({ name: 'Web', redirects: [callback.redirectURI] });
    assert.deepEqual(Object.keys(steps), ['try-open', 'try-token', 'try-call']);
    const CODE = await authorize(steps['try-open']);
    await callsTheAPI(steps, await shell({ CODE, CLIENT_SECRET: app.client_secret }, steps['try-token']));
  });
  for (const kind of ['Native app', 'Single-page app']) await t.test(kind, async () => {
    const { steps } = await register({ name: kind, kind, redirects: [callback.redirectURI] });
    assert.deepEqual(Object.keys(steps), ['try-pkce', 'try-open', 'try-token', 'try-call']);
    const [VERIFIER, ...address] = (await shell({}, steps['try-pkce'], 'echo "$VERIFIER"', steps['try-open'])).split('\n');
    assert.match(VERIFIER, /^[\w-]{43,128}$/);
    const CODE = await authorize(address.join('').trim());
    await callsTheAPI(steps, await shell({ CODE, VERIFIER }, steps['try-token']));
  });
  await t.test('a machine, before and after an operator let it', async () => {
    const { app, steps } = await register({ name: 'Machine', kind: 'Machine' });
    assert.deepEqual(Object.keys(steps), ['try-token', 'try-call']);
    const secret = { CLIENT_SECRET: app.client_secret };
    await page.getByText('An operator has to switch on client credentials').waitFor();
    assert.equal(JSON.parse(await shell(secret, steps['try-token'])).error, 'unauthorized_client');
    await page.getByLabel('Client credentials').check();
    await press(page, 'Save switches');
    await page.getByRole('status').waitFor();
    assert.equal(await page.getByText('An operator has to switch on client credentials').count(), 0);
    await callsTheAPI(steps, await shell(secret, steps['try-token']));
  });
  await t.test('an address with the signs of a shell in it', async () => {
    const { steps } = await register({ name: 'Signs', kind: 'Native app', redirects: [`${callback.redirectURI}?a='$HOME'&b=$(date)`] });
    const printed = await shell({}, steps['try-pkce'], steps['try-open']);
    assert.equal(new URL(printed.trim()).searchParams.get('redirect_uri'), `${callback.redirectURI}?a='$HOME'&b=$(date)`);
    const answer = JSON.parse(await shell({ CODE: 'x', VERIFIER: 'v'.repeat(43) }, steps['try-token']));
    assert.equal(answer.error, 'invalid_grant');
  });
  await t.test('the browser had nothing to complain about', () => assert.deepEqual(page.mishaps, []));
});
