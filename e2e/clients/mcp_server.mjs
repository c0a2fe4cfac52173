// An MCP server by the official SDK, as it stands behind the gateway: it checks no token itself, and knows who calls by what the
// gateway says. One of its tools needs a second scope, which it asks for in the words of RFC 6750.
import express from 'express';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

const needed = { manage: 'mcp:admin' };

function made(caller) {
  const server = new McpServer({ name: 'sample', version: '1' });
  const says = (text) => async () => ({ content: [{ type: 'text', text }] });
  server.registerTool('whoami', { description: 'Says who calls', inputSchema: {} }, says(JSON.stringify(caller)));
  server.registerTool('manage', { description: 'Needs a second scope', inputSchema: {} }, says('managed'));
  return server;
}

/** Starts it; the answer is its address, and what it has seen of tokens. */
export async function startMCPServer(t) {
  const app = express();
  const seen = { tokens: 0 };
  app.use(express.json());
  app.post('/mcp', async (request, answer) => {
    if (request.headers.authorization) seen.tokens++;
    const caller = Object.fromEntries(Object.entries(request.headers).filter(([name]) => name.startsWith('launchpad-')));
    const scope = request.body?.method === 'tools/call' && needed[request.body.params.name];
    const held = (caller['launchpad-scope'] ?? '').split(' ');
    if (scope && !held.includes(scope)) {
      answer.set('WWW-Authenticate', `Bearer error="insufficient_scope", scope="${[...held, scope].join(' ')}"`);
      answer.status(403).json({ error: 'insufficient_scope' });
      return;
    }
    const server = made(caller);
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    answer.on('close', () => transport.close());
    await server.connect(transport);
    await transport.handleRequest(request, answer, request.body);
  });
  app.all('/mcp', (_, answer) => answer.status(405).end());
  const server = await new Promise((resolve) => { const s = app.listen(0, '127.0.0.1', () => resolve(s)); });
  t.after(() => { server.closeAllConnections(); server.close(); });
  return { address: `http://127.0.0.1:${server.address().port}/mcp`, seen };
}
