// Starts what a test talks to, on loopback and on free ports, and ends it with the test.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { freshDatabase } from './database.mjs';

const binary = process.env.LAUNCHPAD_TEST_BIN;
if (!binary) throw new Error('LAUNCHPAD_TEST_BIN does not name the launchpad binary; start the tests by e2e/run.sh');

/** A running demo, with these flags; facts is the line of JSON that it prints. */
export async function startDemo(t, ...flags) {
  const launchpad = await start(t, ['demo', '--output', 'json', ...flags]);
  const facts = JSON.parse(await launchpad.line(/^\{/));
  return { ...launchpad, facts, issuer: facts.issuer };
}

/** A first start of the real thing; setupLink is the one-time link on its console. */
export async function startServe(t, { config } = {}) {
  const launchpad = await start(t, ['serve', ...(config ? ['--config', config] : [])]);
  const setupLink = (await launchpad.line(/\/setup\?token=/)).trim();
  return { ...launchpad, setupLink, issuer: new URL(setupLink).origin };
}

/** The same with these lines as its configuration. */
export async function startServeWith(t, lines) {
  const config = path.join(await temporaryDirectory(t), 'launchpad.toml');
  await writeFile(config, lines.join('\n'));
  return startServe(t, { config });
}

async function start(t, args) {
  const directory = await temporaryDirectory(t);
  const database = await freshDatabase(t);
  const place = ['--listen', `127.0.0.1:${await freePort()}`, '--data', path.join(directory, 'data')];
  if (database) place.push('--database', database);
  const child = spawn(binary, [...args, ...place], { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = collect(child);
  t.after(() => stop(child, log));
  return { directory, database, log, line: (pattern) => log.waitFor(pattern) };
}

/** Keeps what a child prints, and fails with all of it when the child ends before it has printed what was awaited. */
function collect(child) {
  const lines = [];
  const waiting = [];
  const ended = new Promise((resolve) => child.once('close', resolve));
  const take = (line) => {
    lines.push(line);
    for (const w of waiting) if (w.pattern.test(line)) w.resolve(line);
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', take);
  const waitFor = async (pattern) => {
    const seen = lines.find((line) => pattern.test(line));
    if (seen) return seen;
    const printed = new Promise((resolve) => waiting.push({ pattern, resolve }));
    const died = ended.then((code) => { throw new Error(`launchpad ended with ${code} before it was ready:\n${lines.join('\n')}`); });
    return Promise.race([printed, died]);
  };
  return { lines, waitFor };
}

async function stop(child, log) {
  if (child.exitCode !== null || child.signalCode !== null) {
    throw new Error(`launchpad ended by itself (${child.exitCode ?? child.signalCode}):\n${log.lines.join('\n')}`);
  }
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  const impatient = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(impatient);
}

export async function temporaryDirectory(t) {
  const directory = await mkdtemp(path.join(tmpdir(), 'launchpad-e2e-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** An HTTP server of the test on a free port; origin is its address. */
export async function listen(t, handler) {
  const server = createServer(handler);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => { server.closeAllConnections(); server.close(); });
  return { origin: `http://127.0.0.1:${server.address().port}` };
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
