// A page of somebody else's, behind nginx that asks: configured by the block of docs/forward-auth/nginx.md, word by word but for
// addresses, and without TLS, because browsers know that localhost is here.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { launchBrowser, newPage } from '../support/browser.mjs';
import { look } from '../support/look.mjs';
import { signIn } from '../support/person.mjs';
import { freePort, listen, startDemo, temporaryDirectory } from '../support/servers.mjs';

const host = 'app.localhost';

const configuration = `
[forward_auth]
proxies = ["127.0.0.1/32"]
[[api]]
hosts  = ["${host}"]
prefix = "/"
  [[api.route]]
  method  = "GET"
  path    = "/reports"
  session = true
  [[api.route]]
  method  = "GET"
  path    = "/of/{account}/reports"
  session = true
`;

async function startNginx(t, { port, launchpad, app }) {
  const directory = await temporaryDirectory(t);
  const page = await readFile(new URL('../../docs/forward-auth/nginx.md', import.meta.url), 'utf8');
  const block = page.match(/```nginx\n([^]*?)```/)[1];
  const changes = [['listen 443 ssl', `listen 127.0.0.1:${port}`], [/ *ssl_certificate.*\n/g, ''], ['server_name app.example.com', `server_name ${host}`],
    ['https://app.example.com', `http://${host}:${port}`], ['127.0.0.1:8080', launchpad], ['127.0.0.1:9000', app]];
  const file = path.join(directory, 'nginx.conf');
  await writeFile(file, changes.reduce((text, [from, to]) => {
    assert.ok(text.search(from) >= 0, `the page has no ${from}`);
    return text.replaceAll(from, to);
  }, block));
  const nginx = spawn('nginx', ['-p', directory, '-e', 'stderr', '-c', file, '-g', `daemon off; pid ${directory}/pid;`], { stdio: 'ignore' });
  t.after(() => nginx.kill());
}

test('a person at a page that nginx guards', async (t) => {
  const seen = [];
  const app = await listen(t, (request, answer) => {
    seen.push(request.headers);
    answer.setHeader('Content-Type', 'text/html');
    answer.end('<!doctype html><title>Reports</title><h1>Reports</h1>');
  });
  const directory = await temporaryDirectory(t);
  const config = path.join(directory, 'launchpad.toml');
  await writeFile(config, configuration);
  const { facts, issuer } = await startDemo(t, '--config', config);
  const port = await freePort();
  await startNginx(t, { port, launchpad: new URL(issuer).host, app: new URL(app.origin).host });
  const reports = `http://${host}:${port}/reports`;
  const page = await newPage(await launchBrowser(t));

  await t.test('is sent to sign in, and comes back to where they were going', async () => {
    await page.goto(`${reports}?month=5`);
    await page.waitForURL(`${issuer}/signin?*`);
    await signIn(page, facts.identity);
    await page.waitForURL(`${reports}?month=5`);
    await page.getByRole('heading', { name: 'Reports' }).waitFor();
    const told = seen.at(-1);
    assert.equal(told['launchpad-account-slug'], facts.accounts[0].slug);
    assert.ok(told['launchpad-identity']);
  });
  await t.test('and is known from then on', async () => {
    await page.goto(reports);
    await page.getByRole('heading', { name: 'Reports' }).waitFor();
    assert.equal(page.url(), reports);
  });
  await t.test('and is told on a page what they may not open, and as whom', async () => {
    page.mishaps = [];
    const answer = await page.goto(`http://${host}:${port}/of/nobody/reports`);
    assert.equal(answer.status(), 403);
    await page.getByRole('heading', { name: 'You cannot open this page' }).waitFor();
    await page.getByText('not a member').waitFor();
    await page.getByText(facts.identity.email).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Sign out' }).getAttribute('href'), `${issuer}/account`);
    assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('main')).display), 'grid', 'the style that the page brings is not taken');
    page.mishaps = []; // 403, as it should be, and an icon that nobody declared
    await look(page, 'forward-auth-refused');
    await page.getByRole('link', { name: 'Sign out' }).click();
    await page.waitForURL(`${issuer}/account`);
    await page.getByRole('heading', { name: 'Your ID' }).waitFor();
  });
  await t.test('until they sign out', async () => {
    await page.goto(`${issuer}/oauth/applications`);
    await page.getByText(facts.identity.email).or(page.getByText('Sam Sample')).first().click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    const before = seen.length;
    await page.goto(reports);
    await page.waitForURL(`${issuer}/signin?*`);
    assert.equal(seen.length, before, 'the page was asked');
    page.mishaps = []; // browsers ask for an icon, too, which nobody declared
    await look(page, 'forward-auth-signin');
  });
  await t.test('what is not declared is nobody\'s', async () => {
    page.mishaps = [];
    const answer = await page.goto(`http://${host}:${port}/other`);
    assert.equal(answer.status(), 404);
    page.mishaps = [];
  });
});
