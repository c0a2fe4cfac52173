package main

// specification is one that the code may cite, with the sections that it may cite, by number. A section that is cited for
// the first time is added here, with its title as it stands in the specification: who adds it has looked it up.
type specification struct {
	Name     string // as comments cite it
	Title    string
	Address  string // of a section, its number put in for %s; empty: of the whole document only
	Document string
	Sections map[string]string
}

var known = []specification{
	rfc("952", "DoD Internet Host Table Specification", nil),
	rfc("1035", "Domain Names: Implementation and Specification", map[string]string{"4": "Messages"}),
	rfc("3339", "Date and Time on the Internet: Timestamps", nil),
	rfc("3986", "Uniform Resource Identifier (URI): Generic Syntax", map[string]string{
		"2.3": "Unreserved Characters", "3.3": "Path", "3.4": "Query", "6.2.2": "Syntax-Based Normalization", "6.2.3": "Scheme-Based Normalization",
	}),
	rfc("4291", "IP Version 6 Addressing Architecture", map[string]string{"2.4": "Address Type Identification"}),
	rfc("5737", "IPv4 Address Blocks Reserved for Documentation", map[string]string{"3": "Documentation Address Blocks"}),
	rfc("6455", "The WebSocket Protocol", map[string]string{"1.3": "Opening Handshake", "10.2": "Origin Considerations"}),
	rfc("6585", "Additional HTTP Status Codes", map[string]string{"4": "429 Too Many Requests", "5": "431 Request Header Fields Too Large"}),
	rfc("6749", "The OAuth 2.0 Authorization Framework", map[string]string{
		"2.1": "Client Types", "2.3": "Client Authentication", "2.3.1": "Client Password",
		"3.1": "Authorization Endpoint", "3.1.2": "Redirection Endpoint", "3.1.2.3": "Dynamic Configuration", "3.1.2.4": "Invalid Endpoint",
		"3.2": "Token Endpoint", "3.3": "Access Token Scope",
		"4.1": "Authorization Code Grant", "4.1.1": "Authorization Request", "4.1.2": "Authorization Response", "4.1.2.1": "Error Response",
		"4.1.3": "Access Token Request", "4.2.2": "Access Token Response", "4.2.2.1": "Error Response", "4.4": "Client Credentials Grant", "4.4.3": "Access Token Response",
		"5.1": "Successful Response", "5.2": "Error Response", "6": "Refreshing an Access Token", "10.12": "Cross-Site Request Forgery",
	}),
	rfc("6750", "The OAuth 2.0 Authorization Framework: Bearer Token Usage", map[string]string{
		"2": "Authenticated Requests", "2.1": "Authorization Request Header Field", "2.2": "Form-Encoded Body Parameter", "2.3": "URI Query Parameter",
		"3": "The WWW-Authenticate Response Header Field", "3.1": "Error Codes",
	}),
	rfc("6761", "Special-Use Domain Names", map[string]string{"6.4": "Domain Name Reservation Considerations for \"invalid.\""}),
	rfc("6762", "Multicast DNS", nil),
	rfc("6839", "Additional Media Type Structured Syntax Suffixes", map[string]string{"3.1": "The +json Structured Syntax Suffix"}),
	rfc("6890", "Special-Purpose IP Address Registries", map[string]string{"2.2": "Restructuring of the IPv4 and IPv6 Special-Purpose Address Registries"}),
	rfc("6979", "Deterministic Usage of DSA and ECDSA", nil),
	rfc("7009", "OAuth 2.0 Token Revocation", map[string]string{
		"2.1": "Revocation Request", "2.2": "Revocation Response", "2.2.1": "Error Response",
	}),
	rfc("7239", "Forwarded HTTP Extension", map[string]string{"8.1": "Header Validity and Integrity"}),
	rfc("7515", "JSON Web Signature (JWS)", map[string]string{"4.1.11": "\"crit\" (Critical) Header Parameter", "5.1": "Message Signature or MAC Computation"}),
	rfc("7517", "JSON Web Key (JWK)", map[string]string{"5": "JWK Set Format", "9.2": "Preventing Disclosure of Non-public Key Information"}),
	rfc("7518", "JSON Web Algorithms (JWA)", map[string]string{"3.4": "Digital Signature with ECDSA", "6.2.2": "Parameters for Elliptic Curve Private Keys", "6.3.2": "Parameters for RSA Private Keys", "6.4.1": "\"k\" (Key Value) Parameter"}),
	rfc("7519", "JSON Web Token (JWT)", map[string]string{"2": "Terminology", "4": "JWT Claims", "4.1.3": "\"aud\" (Audience) Claim"}),
	rfc("7591", "OAuth 2.0 Dynamic Client Registration Protocol", map[string]string{
		"2": "Client Metadata", "3": "Client Registration Endpoint", "3.1": "Client Registration Request",
		"3.2.1": "Client Information Response", "3.2.2": "Client Registration Error Response",
	}),
	rfc("7592", "OAuth 2.0 Dynamic Client Registration Management Protocol", map[string]string{
		"2": "Client Configuration Endpoint", "2.1": "Client Read Request", "2.2": "Client Update Request", "2.3": "Client Delete Request", "3": "Client Information Response",
	}),
	rfc("7636", "Proof Key for Code Exchange by OAuth Public Clients", map[string]string{
		"4.1": "Client Creates a Code Verifier", "4.2": "Client Creates the Code Challenge",
		"4.3": "Client Sends the Code Challenge with the Authorization Request", "4.4.1": "Error Response",
		"4.6": "Server Verifies code_verifier before Returning the Tokens",
	}),
	rfc("7638", "JSON Web Key (JWK) Thumbprint", nil),
	rfc("7662", "OAuth 2.0 Token Introspection", map[string]string{"2.1": "Introspection Request", "2.2": "Introspection Response"}),
	rfc("7800", "Proof-of-Possession Key Semantics for JSON Web Tokens (JWTs)", map[string]string{"3.1": "Confirmation Claim"}),
	rfc("8259", "The JavaScript Object Notation (JSON) Data Interchange Format", map[string]string{"7": "Strings"}),
	rfc("8252", "OAuth 2.0 for Native Apps", map[string]string{
		"7.1": "Private-Use URI Scheme Redirection", "7.3": "Loopback Interface Redirection", "8.3": "Loopback Redirect Considerations", "8.6": "Client Impersonation",
	}),
	rfc("8414", "OAuth 2.0 Authorization Server Metadata", map[string]string{
		"2": "Authorization Server Metadata", "3": "Obtaining Authorization Server Metadata",
	}),
	rfc("8594", "The Sunset HTTP Header Field", map[string]string{
		"3": "The Sunset HTTP Response Header Field", "6": "The Sunset Link Relation Type",
	}),
	rfc("8705", "OAuth 2.0 Mutual-TLS Client Authentication and Certificate-Bound Access Tokens", map[string]string{
		"3": "Mutual-TLS Client Certificate-Bound Access Tokens", "3.1": "JWT Certificate Thumbprint Confirmation Method",
	}),
	rfc("8707", "Resource Indicators for OAuth 2.0", map[string]string{
		"2": "Resource Parameter", "2.1": "Authorization Request", "2.2": "Access Token Request", "3": "Security Considerations",
	}),
	rfc("8725", "JSON Web Token Best Current Practices", map[string]string{"3": "Best Practices", "3.1": "Perform Algorithm Verification", "3.10": "Do Not Trust Received Claims", "3.11": "Use Explicit Typing"}),
	rfc("9068", "JSON Web Token (JWT) Profile for OAuth 2.0 Access Tokens", map[string]string{"2.1": "Header", "2.2": "Data Structure", "3": "Requesting a JWT Access Token", "4": "Validating JWT Access Tokens"}),
	rfc("9110", "HTTP Semantics", map[string]string{"5.6.4": "Quoted Strings", "7.5": "Response Correlation", "7.6.1": "Connection", "9.2.2": "Idempotent Methods", "10.1.5": "User-Agent", "11.1": "Authentication Scheme", "11.6.1": "WWW-Authenticate", "15.5.5": "404 Not Found", "15.5.6": "405 Method Not Allowed", "15.5.14": "413 Content Too Large", "15.5.20": "421 Misdirected Request", "15.6.3": "502 Bad Gateway"}),
	rfc("9111", "HTTP Caching", map[string]string{"3.5": "Storing Responses to Authenticated Requests", "4.2": "Freshness", "4.2.1": "Calculating Freshness Lifetime", "4.2.3": "Calculating Age"}),
	rfc("9112", "HTTP/1.1", map[string]string{"5.2": "Obsolete Line Folding", "6.1": "Transfer-Encoding", "9.3.1": "Retrying Requests", "9.5": "Failures and Timeouts"}),
	rfc("9207", "OAuth 2.0 Authorization Server Issuer Identification", map[string]string{"2": "Response Parameter iss", "3": "Authorization Server Metadata"}),
	rfc("9449", "OAuth 2.0 Demonstrating Proof of Possession (DPoP)", map[string]string{
		"4.2": "DPoP Proof JWT Syntax", "4.3": "Checking DPoP Proofs", "6.1": "JWK Thumbprint Confirmation Method", "7.1": "The DPoP Authentication Scheme",
		"7.2": "Compatibility with the Bearer Authentication Scheme", "11.1": "DPoP Proof Replay",
	}),
	rfc("9470", "OAuth 2.0 Step Up Authentication Challenge Protocol", map[string]string{"3": "Authentication Requirements Challenge"}),
	rfc("9562", "Universally Unique IDentifiers (UUIDs)", map[string]string{"5.7": "UUID Version 7", "5.8": "UUID Version 8", "5.9": "Nil UUID"}),
	rfc("9700", "Best Current Practice for OAuth 2.0 Security", map[string]string{
		"2.1": "Protecting Redirect-Based Flows", "2.1.1": "Authorization Code Grant", "2.1.2": "Implicit Grant", "2.3": "Access Token Privilege Restriction", "4.2": "Credential Leakage via Referer Headers", "4.8.2": "Countermeasures (PKCE Downgrade Attack)",
		"4.11.2": "Authorization Server as Open Redirector", "4.12": "307 Redirect", "4.14.2": "Recommendations (Refresh Token Protection)", "4.16": "Clickjacking",
	}),
	rfc("9728", "OAuth 2.0 Protected Resource Metadata", map[string]string{
		"1.2": "Terminology", "2": "Protected Resource Metadata", "3": "Obtaining Protected Resource Metadata Information", "3.1": "Protected Resource Metadata Request",
		"4": "Authorization Server Metadata", "5.1": "WWW-Authenticate Response",
	}),
	rfc("9745", "The Deprecation HTTP Response Header Field", map[string]string{
		"2": "The Deprecation HTTP Response Header Field", "3": "The Deprecation Link Relation Type",
	}),
	{
		Name: "OIDC Core", Title: "OpenID Connect Core 1.0", Document: "https://openid.net/specs/openid-connect-core-1_0.html",
		Sections: map[string]string{"3.1.2.1": "Authentication Request", "3.1.2.6": "Authentication Error Response", "11": "Offline Access"},
	},
	{
		Name: "OIDC Discovery", Title: "OpenID Connect Discovery 1.0", Document: "https://openid.net/specs/openid-connect-discovery-1_0.html",
		Sections: map[string]string{"4": "Obtaining OpenID Provider Configuration Information"},
	},
	{
		Name: "draft-ietf-oauth-client-id-metadata-document", Title: "OAuth Client ID Metadata Document", Document: "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-01",
		Address:  "https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-01#section-%s",
		Sections: map[string]string{"3": "Client Identifier", "4.1": "Client Metadata Document", "5": "Authorization Server Metadata"},
	},
	{
		Name: "draft-ietf-httpapi-ratelimit-headers-11", Title: "RateLimit header fields for HTTP", Document: "https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11",
	},
	{
		Name: "Fetch", Title: "Fetch Standard, WHATWG", Document: "https://fetch.spec.whatwg.org/",
		Sections: map[string]string{"4.8": "CORS-preflight fetch", "4.9": "CORS-preflight cache"},
	},
	{
		Name: "ASVS", Title: "OWASP Application Security Verification Standard 5.0", Document: "https://github.com/OWASP/ASVS/tree/v5.0.0/5.0/en",
		Sections: map[string]string{
			"1.2.1": "Output encoding fits its context", "1.2.2": "URLs built from untrusted data are encoded and safe", "3.3": "Cookie Setup", "3.3.1": "Cookies are Secure, and their names begin so that no other can set them", "3.3.3": "Cookies of one host are named __Host-",
			"3.4": "Browser Security Mechanism Headers", "3.5.1": "Requests to sensitive functions come from our own pages", "3.5.3": "Sensitive functions are not asked for by GET", "6.2": "Password Security", "6.2.3": "Changing a password takes the current one", "7.5.2": "People see and end their sessions", "6.3.8": "Valid users cannot be deduced",
			"7.2.4": "A new session token with each authentication", "10.7.1": "Consent is asked for in each authorization request", "11.2.4": "Cryptographic operations and comparisons take constant time", "14.2": "General Data Protection", "13.3.4": "Secrets expire and are rotated", "16.2.5": "Sensitive data stays out of logs",
		},
	},
}

func rfc(number, title string, sections map[string]string) specification {
	document := "https://www.rfc-editor.org/rfc/rfc" + number
	return specification{Name: "RFC " + number, Title: title, Document: document, Address: document + "#section-%s", Sections: sections}
}

// absent are the attacks on what this version does not have. Whoever builds it takes its line out.
var absent = map[string]string{
	"DC02": "there are no initial access tokens: registration is open or closed",
	"AT31": "there is no userinfo endpoint before OpenID Connect",
	"AT32": "nobody adds claims to tokens: there are no mappers and no hooks",
	"LG12": "nobody's e-mail address changes before mail is sent",
	"SE14": "there is no end_session endpoint before OpenID Connect",
	"SE15": "there is no end_session endpoint before OpenID Connect",
	"SE16": "nobody signs in through another server, so no logout tokens come",
	"SE17": "no logout tokens are sent before OpenID Connect",
}

// attacks are the groups of the catalogue of attacks that tests answer by id, and how many each has.
var attacks = []struct {
	Prefix, About string
	Count         int
}{
	{"RU", "Redirect URIs", 11},
	{"AU", "Authorization requests", 27},
	{"CO", "Authorization codes: replay, races, binding", 21},
	{"PK", "PKCE", 10},
	{"CA", "Client authentication", 26},
	{"RT", "Refresh tokens", 15},
	{"AT", "Access tokens at APIs, introspection, revocation", 36},
	{"DC", "Registration and editing of apps", 20},
	{"LG", "Sign-in, guessing, enumeration", 16},
	{"MF", "Second factors and recovery", 16},
	{"SE", "Sessions, cookies, forged forms", 19},
	{"GW", "Gateway and headers", 21},
	{"AD", "Administration and accounts", 13},
	{"HT", "HTTP, overload, injection, leaks", 20},
	{"KY", "Keys, cryptography, time", 12},
	{"OP", "Reliability and operation", 14},
}
