package doctor

// Family is clients that behave alike.
type Family string

// The families.
const (
	TypeScript Family = "agents-typescript"
	Python     Family = "agents-python"
	Connectors Family = "hosted-connectors"
	Desktop    Family = "desktop-agents"
	InBrowser  Family = "browser-apps"
	OIDC       Family = "openid-connect"
	Stock      Family = "oauth-libraries"
	Old        Family = "old-clients"
	Verifiers  Family = "token-verifiers"
	People     Family = "people"
)

// families in the order of the report, with what is known of them.
var families = []struct {
	id    Family
	name  string
	known string
}{
	{TypeScript, "Agents (TypeScript SDK)", "Begin at a bare 401, read the API's metadata, then the server's; go on after a 4xx and a 502, and stop at every other 5xx; need S256 and `none` announced; accept no null member."},
	{Python, "Agents (Python SDK)", "Begin alike; stop at every 5xx; compare the issuer and the API's `resource` to the character, a slash at the end aside."},
	{Connectors, "Hosted connectors", "Register anew for each connection, call from a data centre, and follow no redirect of a token request."},
	{Desktop, "Desktop agents and editors", "Are called back on loopback at a random port or by a scheme of their own; share one refresh token among processes."},
	{InBrowser, "Agents and apps in browsers", "Read only what CORS lets them; ask first (preflight) because of `MCP-Protocol-Version` and `Authorization`."},
	{OIDC, "OpenID Connect libraries", "Refuse an issuer that differs by a character, and JSON that is not called `application/json` (openid-client, go-oidc, AppAuth)."},
	{Stock, "OAuth libraries", "Have their addresses configured; change between Basic and body authentication; read errors from JSON (Go x/oauth2, simple-oauth2, requests-oauthlib)."},
	{Old, "Clients older than the specification", "Send tokens in the query and expect no redirects at the token endpoint (Ruby oauth2 before 2.0, draft 5)."},
	{Verifiers, "APIs that verify tokens", "Keep the key set as long as its headers say, choose a key by `kid` and `alg`, and compare times with their own clock."},
	{People, "People in browsers", "Sign in and consent on pages that nobody may frame, read along or downgrade."},
}

// Groups of families that the same things concern.
var (
	agents     = []Family{TypeScript, Python, Connectors, Desktop, InBrowser}
	discoverer = append(append([]Family{}, agents...), OIDC)
	programs   = append(append([]Family{}, discoverer...), Stock, Old)
	everybody  = append(append([]Family{}, programs...), Verifiers, People)
)
