// What people see of apps that came by themselves.
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { startUpstream } from '../support/api.mjs';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { look } from '../support/look.mjs';
import { authorizeAndArrive, becomeOperator } from '../support/person.mjs';
import { startServe, temporaryDirectory } from '../support/servers.mjs';

const configuration = (upstream) => `
register = "open"
[[scope]]
name = "mcp:tools"
words = "Use its tools in your name"
changes = true
[[scope]]
name = "notes:read"
words = "Your notes"
[[scope]]
name = "ledger:write"
words = "Book, correct and delete entries in every ledger of the year"
changes = true
risky = true
[[api]]
name = "Sample Tools"
prefix = "/tools/"
upstream = "${upstream}"
agents = true
[[api.route]]
method = "POST"
path = "/tools/call"
scope = "mcp:tools"
[[api.route]]
method = "GET"
path = "/tools/notes"
scope = "notes:read"
[[api]]
name = "Quarterly Revenue Reconciliation and Forecasting for Bakers, Agents"
prefix = "/ledger/"
upstream = "${upstream}"
agents = true
[[api.route]]
method = "POST"
path = "/ledger/entries"
scope = "ledger:write"
[[api]]
prefix = "/an-address-that-is-all-there-is-by-which-it-could-be-called/"
upstream = "${upstream}"
agents = true
[[api.route]]
method = "GET"
path = "/an-address-that-is-all-there-is-by-which-it-could-be-called/notes"
scope = "notes:read"
`;

const agents = {
  typical: { client_name: 'Sample Agent', redirect_uris: ['http://127.0.0.1/callback'] },
  longest: { client_name: 'Quarterly Revenue Reconciliation and Forecasting for Bakers!', redirect_uris: Array.from({ length: 10 }, (_, n) => `https://agent-${n}.a-rather-long-subdomain.example.com/integrations/oauth/callback/${n}`) },
  'right-to-left': { client_name: 'شركة التقارير والتحليلات المتقدمة', redirect_uris: ['editor://sample.agent/auth'] },
  posing: { client_name: 'Launchpad Support', redirect_uris: ['https://agent.example/callback'] },
};

async function register(issuer, agent) {
  const answer = await fetch(`${issuer}/oauth/register`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token_endpoint_auth_method: 'none', ...agent }),
  });
  if (answer.status !== 201) throw new Error(`register: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const authorization = (issuer, app, apis, more = {}) => `${issuer}/oauth/authorize?${new URLSearchParams([
  ...Object.entries({
    response_type: 'code', client_id: app.client_id, redirect_uri: app.redirect_uris[0], state: 'xyz', code_challenge_method: 'S256',
    code_challenge: createHash('sha256').update('verifier').digest('base64url'), ...more,
  }),
  ...apis.map((api) => ['resource', `${issuer}/${api}`]),
])}`;

const tools = ['tools'];
const all = ['tools', 'ledger', 'an-address-that-is-all-there-is-by-which-it-could-be-called'];

test('agents', async (t) => {
  const upstream = await startUpstream(t, {});
  const config = path.join(await temporaryDirectory(t), 'launchpad.toml');
  await writeFile(config, configuration(upstream.origin));
  const { issuer, setupLink } = await startServe(t, { config });
  const page = await newPage(await launchBrowser(t));
  await becomeOperator(page, setupLink, { name: 'Sam Sample', email: 'sam@example.com', company: 'Sample Bakery' });

  for (const [kind, agent] of Object.entries(agents)) {
    await t.test(`consent, ${kind}`, async () => {
      const app = await register(issuer, agent);
      await page.goto(authorization(issuer, app, kind === 'longest' ? all : tools));
      await page.getByText('Unverified app').waitFor();
      await look(page, `agent-consent-${kind}`);
      if (kind === 'posing') await page.getByRole('heading', { level: 1, name: 'agent.example asks for access' }).waitFor();
    });
  }
  // The person has said nothing yet, so nobody but they decides whether to go to a page that no one knows.
  for (const [kind, wrong] of Object.entries({ scope: { scope: 'no-such-scope' }, prompt: { prompt: 'none' }, resource: { scope: 'mcp:tools', resource: `https://api.example/${'a-part-of-a-long-path/'.repeat(12)}` } })) {
    await t.test(`refused, and asked before going back, ${kind}`, async () => {
      const app = await register(issuer, kind === 'resource' ? agents.longest : agents.posing);
      await page.goto(authorization(issuer, app, tools, wrong));
      await page.getByText(new URL(app.redirect_uris[0]).host).waitFor();
      page.mishaps = []; // the refusal is one of the browser's console
      await look(page, `agent-refused-${kind}`);
    });
  }
  await t.test('connected apps', async () => {
    for (const [name, apis] of [['Sample Agent', tools], [agents.longest.client_name, all], [agents['right-to-left'].client_name, all]]) {
      const app = await register(issuer, { client_name: name, redirect_uris: [`${upstream.origin}/callback`] });
      await page.goto(authorization(issuer, app, apis));
      await authorizeAndArrive(page, app.redirect_uris[0]);
    }
    page.mishaps = [];
    await page.goto(`${issuer}/oauth/authorized_applications`);
    await page.getByRole('region', { name: 'Sample Agent' }).getByText('Sample Tools').waitFor();
    await look(page, 'agent-connected');
  });
});
