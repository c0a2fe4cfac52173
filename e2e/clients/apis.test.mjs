// The example APIs, each with its own way of checking tokens, against the demo.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startDemo, temporaryDirectory } from '../support/servers.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
const apis = {
  'Go, with the library': ['go', 'run', './examples/go-api'],
  'Node, with its standard library': [process.execPath, 'examples/node-api/api.mjs'],
  'Python, with its standard library': ['/usr/bin/python3', 'examples/python-api/api.py'],
};

/** Starts an API and gives the address that it prints. */
async function startAPI(t, [program, ...args], env) {
  const child = spawn(program, args, { cwd: root, env: { ...process.env, ...env, PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  t.after(() => process.kill(-child.pid)); // with what "go run" started
  for await (const line of createInterface({ input: child.stdout })) {
    const [, address] = /^listening on (.*)$/.exec(line) ?? [];
    if (address) return address;
  }
  throw new Error('the API ended before it was ready');
}

// Another API, which none of the examples is.
const elsewhere = 'https://other.example.com';
const withAnotherAPI = `
[[api]]
prefix   = "/other/"
resource = "${elsewhere}"
upstream = "http://127.0.0.1:9"
  [[api.route]]
  method = "GET"
  path   = "/other/dashboards"
  scope  = "dashboards:read"
`;

test('APIs that check tokens by themselves', async (t) => {
  const config = path.join(await temporaryDirectory(t), 'launchpad.toml');
  await writeFile(config, withAnotherAPI);
  const demo = await startDemo(t, '--config', config);
  const { api: app, machine } = demo.facts.apps;
  const post = async (as, where, form) => {
    const authorization = 'Basic ' + Buffer.from(`${as.client_id}:${as.client_secret}`).toString('base64');
    const answer = await fetch(demo.issuer + where, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) });
    assert.equal(answer.status, 200);
    return answer.headers.get('content-length') === '0' ? {} : answer.json().catch(() => ({}));
  };
  const issue = async (as, scope = 'dashboards:read', more = {}) => (await post(as, '/oauth/token', { grant_type: 'client_credentials', scope, ...more })).access_token;
  const [first, second] = demo.facts.accounts;

  for (const [name, command] of Object.entries(apis)) {
    await t.test(name, async (t) => {
      const address = await startAPI(t, command, { ISSUER: demo.issuer, CLIENT_ID: app.client_id, CLIENT_SECRET: app.client_secret });
      const call = (token, account) =>
        fetch(`${address}/dashboards`, { headers: { ...(token && { authorization: `Bearer ${token}` }), ...(account && { 'launchpad-account': account }) } });
      const sealed = await issue(machine);
      const jwt = await issue(app);
      assert.equal(jwt.split('.').length, 3);

      for (const token of [sealed, jwt]) {
        const answer = await call(token);
        assert.equal(answer.status, 200);
        assert.deepEqual((await answer.json()).dashboards, ['Sales', 'Support']);
        assert.equal((await call(token, second.slug)).status, 403, 'an account that the token does not reach');
      }
      const personal = await call(demo.facts.personal_token, second.slug);
      assert.equal((await personal.json()).account, second.slug);
      assert.equal((await (await call(demo.facts.personal_token, first.id)).json()).account, first.slug);
      assert.equal((await (await call(demo.facts.personal_token)).json()).account, first.slug, 'the default account');

      // AT09: both are good, and for another API.
      for (const as of [machine, app]) {
        const token = await issue(as, 'dashboards:read', { resource: elsewhere });
        const told = await post(app, '/oauth/introspect', { token });
        assert.equal(told.active, true);
        assert.equal(token.split('.').length === 3 ? JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).aud : told.aud, elsewhere);
        for (const time of ['first', 'second']) {
          const answer = await call(token);
          assert.equal(answer.status, 401, `a token for another API, the ${time} time`);
          assert.match(answer.headers.get('www-authenticate'), /error="invalid_token"/);
        }
      }

      const bare = await call();
      assert.equal(bare.status, 401);
      assert.match(bare.headers.get('www-authenticate'), /^Bearer (?!.*error=)/);
      for (const bad of ['garbage', `${sealed}x`, `${jwt.slice(0, -4)}AAAA`, `${jwt.split('.').slice(0, 2).join('.')}.`]) {
        const answer = await call(bad);
        assert.equal(answer.status, 401, bad);
        assert.match(answer.headers.get('www-authenticate'), /error="invalid_token"/);
      }
      const short = await call(await issue(machine, 'dashboards:write'));
      assert.equal(short.status, 403);
      assert.match(short.headers.get('www-authenticate'), /error="insufficient_scope".*scope="dashboards:read/);
      const twice = await fetch(`${address}/dashboards?access_token=${sealed}`, { headers: { authorization: `Bearer ${sealed}` } });
      assert.equal(twice.status, 400);

      // Until the feed is heard every call asks; afterwards memory decides, and the feed ends what ends.
      await new Promise((resume) => setTimeout(resume, 2500));
      for (const [as, token] of [[machine, sealed], [app, jwt]]) {
        assert.equal((await call(token)).status, 200);
        await post(as, '/oauth/revoke', { token });
        const revoked = performance.now();
        while ((await call(token)).status !== 401) assert.ok(performance.now() - revoked < 1000, 'a revoked token is refused within a second');
        t.diagnostic(`note: refused ${(performance.now() - revoked).toFixed(0)} ms after it was revoked`);
      }
    });
  }
});
