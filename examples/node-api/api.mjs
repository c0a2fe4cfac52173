// An API of one call that checks tokens with Node's standard library alone: run it as ../README.md says.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createServer } from 'node:http';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT = '9100' } = process.env;
const BOUND = 5000; // for so long memory may decide without news of the feed
const MAX_AGE = 60_000; // for so long an answer about a token is kept
const SETTLE = 2000; // for so long after a change another node's answer may be older
const MOST = 10_000; // answers that are kept

const basic = 'Basic ' + Buffer.from(`${encodeURIComponent(CLIENT_ID)}:${encodeURIComponent(CLIENT_SECRET)}`).toString('base64');
const now = () => performance.now(); // a clock that nobody sets back

// --- The revocation feed -------------------------------------------------------------------------------------------

const revoked = new Map(); // "of id" -> when it was heard
const changed = new Map();
let everything = -Infinity; // answers from before are worth nothing
let asOf = -Infinity; // everything that was acknowledged before is known
let place = ''; // to go on from
let keep = 24 * 3600 * 1000;

const current = () => now() - asOf < BOUND;

function startOver() {
  everything = now();
  asOf = -Infinity;
  place = '';
}

function note(heard, { of, id }) {
  heard.delete(`${of} ${id}`); // so that the order is that of the last time
  heard.set(`${of} ${id}`, now());
}

function take({ event, id, data }, opened) {
  const told = data ? JSON.parse(data) : {};
  if (event === 'hello') keep = told.keep_s * 1000;
  else if (event === 'reset') startOver();
  else if (event === 'current') {
    // Not when it came but when it was written: somebody on the way may hold it back.
    const written = Math.min(now(), opened + (told.since_hello_ms ?? Infinity));
    asOf = written - told.lag_ms;
    if (now() - written >= BOUND) throw new Error('somebody on the way holds the feed back');
  }
  else if (event === 'revoked' && told.id) note(revoked, told);
  else if (event === 'changed' && told.id) note(changed, told);
  else if (event) {
    everything = now(); // of: "everything", and what this program is too old to understand
    keys = undefined;
  }
  if (id) place = id;
  for (const set of [revoked, changed]) {
    for (const [name, at] of set) {
      if (now() - at <= keep) break;
      set.delete(name);
    }
  }
}

async function follow() {
  const silence = new AbortController();
  let watch = setTimeout(() => silence.abort(), 3000);
  try {
    const opened = now();
    const headers = { authorization: basic, accept: 'text/event-stream', ...(place && { 'last-event-id': place }) };
    const answer = await fetch(`${ISSUER}/oauth/revocations`, { headers, redirect: 'error', signal: silence.signal });
    if (answer.status !== 200) throw new Error(`the feed answered ${answer.status}`);
    let rest = '';
    for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
      clearTimeout(watch);
      watch = setTimeout(() => silence.abort(), 3000);
      const messages = (rest + piece).split('\n\n');
      rest = messages.pop();
      for (const message of messages) {
        const fields = {};
        for (const line of message.split('\n')) {
          const at = line.indexOf(': ');
          if (at > 0) fields[line.slice(0, at)] = line.slice(at + 2);
        }
        take(fields, opened);
      }
    }
  } finally {
    clearTimeout(watch);
  }
}

async function followForEver() {
  for (;;) {
    await follow().catch((error) => console.error('feed:', error.message));
    await new Promise((resume) => setTimeout(resume, 250));
  }
}

// --- Tokens ---------------------------------------------------------------------------------------------------------

class Refused extends Error {
  constructor(status, code, description, scope) {
    super(description);
    Object.assign(this, { status, code, scope });
  }
}
const bad = () => new Refused(401, 'invalid_token', 'The access token is unknown, expired or revoked');

// By which names the feed may mean a token.
const namesOf = (t) =>
  [
    ['token', t.jti], ['subject', t.sub], ['app', t.lp_app], ['authorization', t.lp_authorization?.id], ['grant', t.lp_authorization?.grant],
    ...(t.launchpad_accounts ?? t.lp_reach?.accounts ?? []).map((id) => ['account', id]),
  ].map((pair) => pair.join(' '));

const dead = (t) => namesOf(t).some((name) => revoked.has(name));
const holds = (t, asked) => asked > everything + SETTLE && !namesOf(t).some((name) => changed.has(name) && asked <= changed.get(name) + SETTLE);

// A token that names an API is for no other; a sealed one that names none is for all of them.
const isForUs = (audience) => [audience].flat().includes(ISSUER);

const kept = new Map(); // by digest: whoever reads the memory has no token

async function introspected(token) {
  const digest = createHash('sha256').update(token).digest('base64');
  const known = kept.get(digest);
  if (known && current() && now() < known.until && holds(known.answer, known.asked)) return known.answer;
  kept.delete(digest);
  const asked = now();
  const answer = await fetch(`${ISSUER}/oauth/introspect`, {
    method: 'POST', redirect: 'error', signal: AbortSignal.timeout(5000),
    headers: { authorization: basic }, body: new URLSearchParams({ token }),
  });
  if (answer.status !== 200) throw new Error(`introspection answered ${answer.status}`);
  const found = await answer.json();
  if (found.active !== true || found.token_type === 'refresh_token' || !isForUs(found.aud ?? ISSUER)) throw bad();
  const age = found.exp ? Math.min(MAX_AGE, found.exp * 1000 - Date.now()) : MAX_AGE;
  if (kept.size >= MOST) kept.delete(kept.keys().next().value);
  kept.set(digest, { answer: found, asked, until: asked + age });
  return found;
}

let keys; // by kid
let fetched = -Infinity;

async function keyOf(kid) {
  // An unknown kid costs one look in ten seconds, whatever is sent.
  if (!keys?.has(kid) && now() - fetched > 10_000 || !keys) {
    fetched = now();
    const answer = await fetch(`${ISSUER}/oauth/jwks`, { redirect: 'error', signal: AbortSignal.timeout(5000) });
    if (answer.status !== 200) throw new Error(`the keys answered ${answer.status}`);
    const set = await answer.json();
    keys = new Map(set.keys.filter((k) => k.alg === 'ES256').map((k) => [k.kid, createPublicKey({ key: k, format: 'jwk' })]));
  }
  return keys.get(kid);
}

// RFC 9068 §4, with one algorithm.
async function signed(token) {
  let header, claims, head, payload, signature;
  try {
    [head, payload, signature] = token.split('.');
    header = JSON.parse(Buffer.from(head, 'base64url'));
    claims = JSON.parse(Buffer.from(payload, 'base64url'));
  } catch {
    throw bad();
  }
  if (header?.alg !== 'ES256' || header.typ !== 'at+jwt' || header.crit || typeof header.kid !== 'string') throw bad();
  const key = await keyOf(header.kid);
  if (!key || !verify('sha256', `${head}.${payload}`, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))) throw bad();
  const seconds = Date.now() / 1000;
  if (claims.iss !== ISSUER || !isForUs(claims.aud) || !(claims.exp > seconds) || claims.iat > seconds + 60 || claims.nbf > seconds + 60 || claims.cnf) throw bad();
  // What changed since it was signed, and which accounts are "all", the server knows.
  const doubtful = everything > -Infinity || namesOf(claims).some((name) => changed.has(name));
  if (doubtful || !current() || claims.lp_reach?.all || !claims.lp_reach?.accounts) return introspected(token);
  return { ...claims, launchpad_accounts: claims.lp_reach?.accounts, launchpad_default_account: claims.lp_reach?.default };
}

async function tokenOf(request) {
  const lines = request.headersDistinct.authorization ?? [];
  const inQuery = new URL(request.url, 'http://api').searchParams.has('access_token');
  if (lines.length > 1 || (lines.length === 1 && inQuery)) throw new Refused(400, 'invalid_request', 'The token came in more than one way');
  const [, token] = /^Bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(lines[0] ?? '') ?? [];
  if (!token) throw new Refused(401); // RFC 6750 §3.1: without credentials no error code
  const found = token.split('.').length === 3 ? await signed(token) : await introspected(token);
  if (dead(found) || found.cnf) throw bad();
  return found;
}

function accountOf(request, token) {
  const named = request.headers['launchpad-account'];
  const accounts = (token.launchpad_accounts ?? []).map((id) => ({ id, slug: token.launchpad_account_slugs?.[id] }));
  const account = named
    ? accounts.find((a) => a.id === named || a.slug === named)
    : (accounts.length === 1 ? accounts[0] : accounts.find((a) => a.id === token.launchpad_default_account));
  if (account) return account;
  if (named || accounts.length === 0) throw new Refused(403, 'insufficient_scope', 'The token does not reach this account');
  throw new Refused(400, 'invalid_request', 'The token reaches several accounts; name one by the header Launchpad-Account');
}

// --- The API ---------------------------------------------------------------------------------------------------------

const needed = ['dashboards:read'];

async function serve(request) {
  const token = await tokenOf(request);
  const scopes = (token.scope ?? '').split(' ');
  if (!needed.every((scope) => scopes.includes(scope))) throw new Refused(403, 'insufficient_scope', 'The operation needs more', needed.join(' '));
  const account = accountOf(request, token);
  return { account: account.slug ?? account.id, subject: token.sub, dashboards: ['Sales', 'Support'] };
}

const server = createServer(async (request, response) => {
  response.setHeader('content-type', 'application/json');
  response.setHeader('cache-control', 'private, no-store');
  try {
    response.end(JSON.stringify(await serve(request)));
  } catch (error) {
    const refusal = error instanceof Refused ? error : new Refused(503, 'temporarily_unavailable', 'The token cannot be checked right now');
    if (refusal !== error) console.error('verify:', error.message);
    response.statusCode = refusal.status;
    if (refusal.status === 503) response.setHeader('retry-after', '2');
    if ([401, 403].includes(refusal.status)) {
      const parts = [`realm="${ISSUER}"`];
      if (refusal.code) parts.push(`error="${refusal.code}"`, `error_description="${refusal.message}"`);
      if (refusal.scope) parts.push(`scope="${refusal.scope}"`);
      response.setHeader('www-authenticate', `Bearer ${parts.join(', ')}`);
    }
    response.end(JSON.stringify(refusal.code ? { error: refusal.code, error_description: refusal.message } : {}));
  }
});

followForEver();
server.listen(Number(PORT), '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
