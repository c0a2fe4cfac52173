// An agent: the official MCP SDK with what it keeps in memory.
//
// What the SDK (1.32) does by itself when a call is answered 403 with error="insufficient_scope": it takes scope and
// resource_metadata from the challenge and authorizes anew. With a refresh token that means a refresh, which adds no scope; it
// sends the call again, and gives up at the second 403 with the same challenge ("after trying upscoping"). Without a refresh
// token it begins an authorization request with the scope of the challenge, hands its address to redirectToAuthorization and
// throws UnauthorizedError.
//
// What its host has to do: not show the refresh token while it wants more (stepsUp below), open the address, give the code to
// finishAuth and call again. A call that succeeded, or a new transport, must lie between the two attempts: the SDK remembers the
// challenge until then.
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

/** What an agent says of itself, where it registers and in its document. */
export const metadataOf = (redirectURI) => ({
  client_name: 'Sample Agent', redirect_uris: [redirectURI], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none',
});

/** known is what the agent has beforehand: client information, tokens, or the address of its metadata document. */
export class Agent {
  constructor(address, redirectURI, { information, tokens, documentURL } = {}) {
    Object.assign(this, { address: new URL(address), redirectURI, information, saved: tokens, clientMetadataUrl: documentURL });
  }

  // What the SDK asks its host for.
  get redirectUrl() { return this.redirectURI; }
  get clientMetadata() { return metadataOf(this.redirectURI); }
  state() { return 'agent-state'; }
  clientInformation() { return this.information; }
  saveClientInformation(information) { this.information = information; }
  tokens() { return this.saved && this.withholdsRefresh ? { ...this.saved, refresh_token: undefined } : this.saved; }
  saveTokens(tokens) { this.saved = tokens; }
  codeVerifier() { return this.verifier; }
  saveCodeVerifier(verifier) { this.verifier = verifier; }
  redirectToAuthorization(address) { this.asked = address; }
  invalidateCredentials(what) {
    if (what === 'all' || what === 'tokens') this.saved = undefined;
  }

  async connect() {
    this.transport = new StreamableHTTPClientTransport(this.address, { authProvider: this });
    this.client = new Client({ name: 'sample-agent', version: '1' });
    await this.client.connect(this.transport);
  }

  /** Connects for the first time and gives the address that a person has to open. */
  async wantsAuthorization() {
    try {
      await this.connect();
    } catch (error) {
      if (error instanceof UnauthorizedError) return this.asked;
      throw error;
    }
    throw new Error('connected without authorization');
  }

  /** Calls what needs more than it has, and gives the address that a person has to open. */
  async stepsUp(name) {
    this.withholdsRefresh = true;
    try {
      await this.call(name);
    } catch (error) {
      if (error instanceof UnauthorizedError) return this.asked;
      throw error;
    } finally {
      this.withholdsRefresh = false;
    }
    throw new Error(`${name} needed no more than there was`);
  }

  async authorized(code) {
    await this.transport.finishAuth(code);
    await this.connect();
  }

  async call(name) {
    const { content } = await this.client.callTool({ name, arguments: {} });
    return content[0].text;
  }

  /** Lets the access token look expired, so that the SDK refreshes. */
  forgetAccess() { this.saved = { ...this.saved, access_token: 'expired' }; }

  async close() { await this.client?.close(); }
}
