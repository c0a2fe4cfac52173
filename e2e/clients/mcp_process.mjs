// One of several processes of an agent that share what it holds. It refreshes, calls, and prints the new tokens.
import { readFileSync } from 'node:fs';
import { Agent } from './mcp_agent.mjs';

const { address, redirectURI, information, tokens } = JSON.parse(readFileSync(0, 'utf8'));
const agent = new Agent(address, redirectURI, { information, tokens });
agent.forgetAccess();
await agent.connect();
const said = await agent.call('whoami');
console.log(JSON.stringify({ said: JSON.parse(said), tokens: agent.saved }));
await agent.close();
