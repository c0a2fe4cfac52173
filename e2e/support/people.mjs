// Adds people to a running Launchpad, in its database: the pages make one person only, the operator.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Adds people who sign in with the operator's password. */
export async function addPeople({ directory, database }, people) {
  const rows = people.map(({ name, email, id = newId() }) => `SELECT '${id}', '${quoted(email)}', '${quoted(name)}', password_hash, 0, created_at FROM identities WHERE operator = 1`);
  await sql({ directory, database }, `INSERT INTO identities (id, email, name, password_hash, operator, created_at) ${rows.join(' UNION ALL ')};`);
}

/** Makes everybody a member who belongs to no account yet. */
export const letEverybodyInto = (server, slug) => sql(server, `
  INSERT INTO memberships (identity_id, account_id, role, created_at)
  SELECT i.id, a.id, CASE WHEN i.email LIKE '%admin%' THEN 'admin' ELSE 'member' END, i.created_at
  FROM identities i, accounts a
  WHERE a.slug = '${quoted(slug)}' AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.identity_id = i.id);`);

const quoted = (text) => text.replaceAll("'", "''");

let made = 0;
const newId = () => `01900000-0000-7000-8000-${String(++made).padStart(12, '0')}`;

const inSQLite = 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1], timeout=10); c.executescript(sys.argv[2]); c.close()';

function sql({ directory, database }, statement) {
  if (database) return run('psql', ['--no-psqlrc', '--quiet', '--command', statement, database]);
  return run('/usr/bin/python3', ['-c', inSQLite, path.join(directory, 'data', 'launchpad.db'), statement]);
}
