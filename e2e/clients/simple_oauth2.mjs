// simple-oauth2, with the app's credentials in the header and in the body.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AuthorizationCode, ClientCredentials } from 'simple-oauth2';

const demo = JSON.parse(readFileSync(process.env.DEMO, 'utf8'));
const { web, machine } = demo.apps;
const [redirect_uri] = web.redirect_uris;

const endpoints = { tokenHost: demo.issuer, tokenPath: '/oauth/token', revokePath: '/oauth/revoke' };
const options = (app, authorizationMethod, more) => ({
  client: { id: app.client_id, secret: app.client_secret },
  auth: { ...endpoints, ...more },
  options: { authorizationMethod },
});

async function check(what, holds) {
  await holds();
  console.log(`ok - ${what}`);
}

function answerOf(address, ...decision) {
  const sentTo = execFileSync(process.env.PERSON, [address, ...decision], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return Object.fromEntries(new URL(sentTo.trim()).searchParams);
}

const api = (token) => fetch(demo.api, { headers: { Authorization: `Bearer ${token}` } });

for (const method of ['header', 'body']) {
  const client = new AuthorizationCode(options(web, method, { authorizePath: '/oauth/authorize' }));
  const state = randomUUID();
  const question = (more) => client.authorizeURL({ redirect_uri, scope: demo.scope, state, ...more });
  let token;

  await check(`${method}: the code buys a token, state comes back`, async () => {
    const answer = answerOf(question());
    assert.equal(answer.state, state);
    token = await client.getToken({ code: answer.code, redirect_uri });
    assert.equal(token.token.expires_in, 7200);
    assert.equal(token.expired(), false);
  });
  await check(`${method}: the API answers`, async () => assert.equal((await api(token.token.access_token)).status, 200));
  await check(`${method}: refresh gives a new token that the API takes`, async () => {
    const before = token.token.access_token;
    token = await token.refresh();
    assert.notEqual(token.token.access_token, before);
    assert.equal((await api(token.token.access_token)).status, 200);
  });
  await check(`${method}: revoked, both are refused`, async () => {
    // The library takes no answer to a revocation but JSON.
    await token.revokeAll();
    assert.equal((await api(token.token.access_token)).status, 401);
    await assert.rejects(token.refresh(), ({ data }) => data.payload.error === 'invalid_grant' && data.payload.error_description !== '');
  });
  await check(`${method}: Cancel comes back as access_denied`, () => assert.equal(answerOf(question({ prompt: 'consent' }), '--cancel').error, 'access_denied'));

  await check(`${method}: a machine gets a token for itself`, async () => {
    const { token } = await new ClientCredentials(options(machine, method)).getToken({ scope: demo.scope });
    assert.equal(token.refresh_token, undefined);
    assert.equal((await api(token.access_token)).status, 200);
  });
}
