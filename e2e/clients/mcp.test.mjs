// An AI agent against an MCP server behind the gateway, both by the official TypeScript SDK.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { untilRefused } from '../support/api.mjs';
import { startDemo } from '../support/servers.mjs';
import { Agent, metadataOf } from './mcp_agent.mjs';
import { startDocument } from './mcp_document.mjs';
import { startMCPServer } from './mcp_server.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);
const redirectURI = 'http://127.0.0.1:8765/callback';

// How an agent comes to its client_id: known is what it has beforehand, and proven looks at what it became.
const ways = {
  'is registered beforehand': () => ({
    known: ({ apps }) => ({ information: { client_id: apps.public.client_id } }),
    proven: (id, { apps }) => assert.equal(id, apps.public.client_id),
  }),
  'registers itself': () => ({
    known: () => ({}),
    proven: (id, { apps }) => assert.ok(id && Object.values(apps).every((app) => app.client_id !== id), id),
  }),
  'is a metadata document': async (t) => {
    const document = await startDocument(t, metadataOf(redirectURI));
    return {
      flags: ['--local-documents', document.certificate],
      known: () => ({ documentURL: document.address }),
      proven: (id) => { assert.equal(id, document.address); assert.ok(document.asked() > 0, 'the document was fetched'); },
    };
  },
};

for (const [name, prepare] of Object.entries(ways)) {
  test(`an agent that ${name}`, async (t) => {
    const way = await prepare(t);
    const upstream = await startMCPServer(t);
    const demo = await startDemo(t, '--agent-api', upstream.address, ...way.flags ?? []);
    const facts = path.join(demo.directory, 'demo.json');
    await writeFile(facts, JSON.stringify(demo.facts), { mode: 0o600 });
    const [api] = demo.facts.agent_apis;
    assert.deepEqual(api, { resource: `${demo.issuer}/mcp/1`, upstream: upstream.address, scope: 'mcp:tools' });
    const agent = new Agent(api.resource, redirectURI, way.known(demo.facts));
    t.after(() => agent.close());
    const person = async (address) => {
      const { stdout } = await run(path.join(here, 'person.py'), [String(address)], { env: { ...process.env, DEMO: facts } });
      return new URL(stdout.trim()).searchParams;
    };
    const step = (what, check) => t.test(`${name}: ${what}`, check);
    const post = (at, token) => fetch(at, { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...(token && { Authorization: `Bearer ${token}` }) }, body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' });

    await step('a bare call says where to read on, and nothing of an error', async () => {
      const answer = await post(api.resource);
      const challenge = answer.headers.get('WWW-Authenticate');
      assert.equal(answer.status, 401);
      assert.match(challenge, /resource_metadata="[^"]+\/\.well-known\/oauth-protected-resource\/mcp\/1"/);
      assert.match(challenge, /scope="mcp:tools"/);
      assert.doesNotMatch(challenge, /error=/);
    });

    await step('discovery leads to a request with PKCE, resource and the scope of the challenge', async () => {
      const asked = (await agent.wantsAuthorization()).searchParams;
      assert.equal(asked.get('code_challenge_method'), 'S256');
      assert.equal(asked.get('resource'), api.resource);
      assert.match(asked.get('scope'), /^mcp:tools( offline_access)?$/);
    });

    await step('the person agrees, and the tool answers who calls', async () => {
      const answer = await person(agent.asked);
      assert.equal(answer.get('iss'), demo.issuer);
      way.proven(agent.information.client_id, demo.facts);
      await agent.authorized(answer.get('code'));
      const claims = JSON.parse(Buffer.from(agent.saved.access_token.split('.')[1], 'base64url'));
      assert.equal(claims.aud, api.resource);
      const said = JSON.parse(await agent.call('whoami'));
      assert.equal(said['launchpad-scope'], 'mcp:tools');
      assert.equal(said['launchpad-identity'], claims.sub);
      assert.equal(said['launchpad-resource'], api.resource);
      assert.equal(upstream.seen.tokens, 0, 'no token reached the server');
    });

    await step('a second scope: the SDK by itself refreshes, tries again and gives up', async () => {
      const before = agent.saved.access_token;
      agent.asked = undefined;
      await assert.rejects(agent.call('manage'), /403.*upscoping/s);
      assert.notEqual(agent.saved.access_token, before, 'it refreshed');
      assert.equal(agent.asked, undefined, 'it asked no person');
      assert.equal(JSON.parse(await agent.call('whoami'))['launchpad-scope'], 'mcp:tools', 'what it had is still good');
    });

    await step('a second scope: refused with all that is needed, asked for by the SDK, and the tool answers', async () => {
      const refused = await post(`${api.resource}/admin`, agent.saved.access_token);
      assert.equal(refused.status, 403);
      const [, scope] = refused.headers.get('WWW-Authenticate').match(/error="insufficient_scope".* scope="([^"]+)"/);
      assert.equal(scope, 'mcp:admin mcp:tools');
      const asked = await agent.stepsUp('manage');
      assert.deepEqual(asked.searchParams.get('scope').split(' ').filter((one) => one !== 'offline_access').sort(), scope.split(' '), 'the scope of the challenge');
      assert.equal(asked.searchParams.get('resource'), api.resource);
      const answer = await person(asked);
      await agent.transport.finishAuth(answer.get('code'));
      assert.equal(await agent.call('manage'), 'managed');
    });

    await step('five processes refresh the same token at once, twice, and none is signed out', async () => {
      for (let round = 0; round < 2; round++) {
        const all = await Promise.all(Array.from({ length: 5 }, () => processOf(agent)));
        for (const one of all) assert.equal(one.said['launchpad-scope'], 'mcp:admin mcp:tools');
        agent.saved = all.at(-1).tokens;
      }
      assert.equal(JSON.parse(await agent.call('whoami'))['launchpad-resource'], api.resource);
    });

    await step('revoked: the next call is refused in under a second', async () => {
      const { access_token: token, refresh_token: refresh } = agent.saved;
      assert.notEqual((await post(api.resource, token)).status, 401);
      const revoked = await fetch(`${demo.issuer}/oauth/revoke`, { method: 'POST', body: new URLSearchParams({ token: refresh, client_id: agent.information.client_id }) });
      assert.equal(revoked.status, 200);
      const took = await untilRefused(() => post(api.resource, token));
      t.diagnostic(`note: refused after ${took.toFixed(0)} ms`);
      assert.ok(took < 1000, `${took} ms`);
    });
  });
}

async function processOf(agent) {
  const child = spawn(process.execPath, [path.join(here, 'mcp_process.mjs')], { stdio: ['pipe', 'pipe', 'pipe'] });
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk) => { text.out += chunk; });
  child.stderr.on('data', (chunk) => { text.err += chunk; });
  child.stdin.end(JSON.stringify({ address: agent.address, redirectURI, information: agent.information, tokens: agent.saved }));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`a process of the agent ended with ${code}:\n${text.err}`);
  return JSON.parse(text.out);
}
