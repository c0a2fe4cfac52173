// The public conformance suite of the Model Context Protocol, its part for authorization servers. It is younger than the
// Node of most systems, so it brings its own; both are installed for the moment.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort, startDemo, temporaryDirectory } from '../support/servers.mjs';

const packages = ['node@22.23.3', '@modelcontextprotocol/conformance@0.2.0-alpha.12'];
const person = fileURLToPath(new URL('../clients/person.py', import.meta.url));
const run = promisify(execFile);

test('the conformance suite for authorization servers', async (t) => {
  const suite = await temporaryDirectory(t);
  await run('npm', ['install', '--prefix', suite, '--no-audit', '--no-fund', ...packages]);
  const port = await freePort();
  // Nothing is called behind the gateway.
  const demo = await startDemo(t, '--agent-api', 'http://127.0.0.1:9', '--app-redirect', `http://127.0.0.1:${port}/callback`);
  const facts = path.join(demo.directory, 'demo.json');
  await writeFile(facts, JSON.stringify(demo.facts), { mode: 0o600 });
  const results = path.join(suite, 'results');
  const child = spawn(path.join(suite, 'node_modules/node/bin/node'), [
    path.join(suite, 'node_modules/@modelcontextprotocol/conformance/dist/index.js'), 'authorization', '--url', demo.issuer,
    '--client-id', demo.facts.apps.public.client_id, '--resource', demo.facts.agent_apis[0].resource, '--port', String(port), '--output-dir', results,
  ], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill());
  const ended = new Promise((resolve) => child.once('close', resolve));
  const said = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (!line.startsWith(`${demo.issuer}/oauth/authorize?`)) continue;
    const { stdout } = await run(person, [line.trim()], { env: { ...process.env, DEMO: facts } });
    assert.equal((await fetch(stdout.trim())).status, 200);
  }
  assert.equal(await ended, 0, said.join('\n'));
  const checks = await all(results);
  for (const { id, status, errorMessage } of checks) t.diagnostic(`note: ${status} ${id} ${errorMessage ?? ''}`);
  assert.ok(checks.length >= 2);
  assert.deepEqual(checks.filter(({ status }) => !['SUCCESS', 'INFO'].includes(status)), []);
});

async function all(results) {
  const scenarios = await readdir(results);
  const lists = await Promise.all(scenarios.map((one) => readFile(path.join(results, one, 'checks.json'), 'utf8')));
  return lists.flatMap((text) => JSON.parse(text));
}
