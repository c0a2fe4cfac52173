// With DATABASE=postgres://… every server of a test gets a new, empty database there; without, it keeps its own file.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const run = promisify(execFile);
const admin = process.env.DATABASE;

export async function freshDatabase(t) {
  if (!admin) return undefined;
  const name = `e2e_${randomBytes(6).toString('hex')}`;
  await sql(`CREATE DATABASE ${name}`);
  t.after(() => sql(`DROP DATABASE ${name} WITH (FORCE)`));
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return url.href;
}

const sql = (statement) => run('psql', ['--no-psqlrc', '--quiet', '--command', statement, admin]);
