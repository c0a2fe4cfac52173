// Apps and the API, as programs see them.
import { listen } from './servers.mjs';

/** An API behind the gateway. It answers by who the gateway says is calling, and tells what else it was sent. */
export const startUpstream = (t, dashboards) => listen(t, (request, answer) => {
  const account = request.headers['launchpad-account-slug'];
  answer.setHeader('Content-Type', 'application/json');
  answer.end(JSON.stringify({ account, dashboards: dashboards[account], url: request.url, headers: request.headers }));
});

/** The place where an app gets its answers: redirectURI to register, answer() for what the browser brings. */
export async function startCallback(t) {
  const waiting = [], brought = [];
  const { origin } = await listen(t, (request, answer) => {
    const url = new URL(request.url, 'http://callback');
    if (url.pathname === '/callback') {
      const parameters = Object.fromEntries(url.searchParams);
      const next = waiting.shift();
      if (next) next(parameters); else brought.push(parameters);
    }
    answer.setHeader('Content-Type', 'text/html; charset=utf-8');
    answer.end('<!doctype html><html lang="en"><title>The app</title><h1>Back at the app</h1>');
  });
  const answer = async () => brought.shift() ?? new Promise((resolve) => waiting.push(resolve));
  return { redirectURI: `${origin}/callback`, answer };
}

export async function exchange(issuer, app, code, redirectURI) {
  const answer = await post(`${issuer}/oauth/token`, app, { grant_type: 'authorization_code', code, redirect_uri: redirectURI });
  if (!answer.ok) throw new Error(`token endpoint: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

export const revoke = (issuer, app, token) => post(`${issuer}/oauth/revoke`, app, { token });

const post = (address, app, form) => fetch(address, {
  method: 'POST',
  headers: { Authorization: `Basic ${btoa(`${app.client_id}:${app.client_secret}`)}` },
  body: new URLSearchParams(form),
});

/** Calls the API and gives the status with what was said. */
export async function call(address, token, headers = {}) {
  const answer = await fetch(address, { headers: { ...(token && { Authorization: `Bearer ${token}` }), ...headers } });
  return { status: answer.status, headers: answer.headers, ...await answer.json() };
}

/** How many milliseconds pass until the API refuses a call. */
export async function untilRefused(makeCall) {
  const from = performance.now();
  for (;;) {
    const { status } = await makeCall();
    const took = performance.now() - from;
    if (status === 401 || took > 5000) return took;
  }
}
