// Stock client libraries against the demo. Each client is a program of its own that ends at the first thing that fails.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startDemo } from '../support/servers.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);

const clients = {
  'Ruby oauth2': ['/usr/bin/ruby', 'ruby_oauth2.rb'],
  'Python requests-oauthlib': ['/usr/bin/python3', 'requests_oauthlib_session.py'],
  'Node simple-oauth2': [process.execPath, 'simple_oauth2.mjs'],
  'Go x/oauth2': ['go', 'run', '-C', 'go', '.'],
  curl: ['bash', 'curl.sh'],
  'Ruby as of old': ['/usr/bin/ruby', 'ruby_old.rb'],
  'curl as of 2013': ['bash', 'curl_2013.sh'],
};

test('client libraries', async (t) => {
  const demo = await startDemo(t);
  const facts = path.join(demo.directory, 'demo.json');
  await writeFile(facts, JSON.stringify(demo.facts), { mode: 0o600 });
  const env = { ...process.env, DEMO: facts, PERSON: path.join(here, 'person.py') };
  for (const [name, [program, ...args]] of Object.entries(clients)) {
    await t.test(name, async (t) => {
      const { stdout } = await run(program, args, { cwd: here, env }).catch(({ stdout, stderr, message }) => {
        throw new Error(`${stderr || message}\nafter:\n${stdout}`);
      });
      t.diagnostic(`note: ${stdout.match(/^ok - /gm).length} steps`);
    });
  }
});
