package doctor

import (
	"net/http"
	"slices"
	"strings"
)

var (
	inBrowsers = []Family{InBrowser}

	corsChecks = []Check{
		{
			ID: "cors.discovery", Looks: "Pages of any origin may read the metadata, also when they send MCP-Protocol-Version",
			Concerns: inBrowsers, Worst: Fails, Breaks: "Its browser keeps the metadata from it.",
			Mend: "Pass OPTIONS and the Access-Control headers on unchanged; add none in front.", see: corsDiscovery,
		},
		{
			ID: "cors.keys", Looks: "Pages of any origin may read the key set",
			Concerns: inBrowsers, Worst: Stumbles, Breaks: "Cannot verify an ID token.",
			Mend: "Pass the Access-Control headers on unchanged.", see: corsKeys,
		},
		{
			ID: "cors.token", Looks: "Pages of any origin may ask for tokens, and read refusals, too",
			Concerns: inBrowsers, Worst: Fails, Breaks: "Gets a code and cannot redeem it, or is not told why.",
			Mend: "Pass OPTIONS and the Access-Control headers on unchanged, at errors, too.", see: corsToken,
		},
		{
			ID: "cors.registration", Looks: "Pages of any origin may register",
			Concerns: inBrowsers, Worst: Fails, Breaks: "Cannot introduce itself.",
			Mend: "Pass OPTIONS and the Access-Control headers on unchanged.", see: corsRegistration,
		},
		{
			ID: "cors.api-metadata", Looks: "Pages of any origin may read an API's metadata, also when they send MCP-Protocol-Version",
			Concerns: inBrowsers, Worst: Fails, Breaks: "Does not learn which server gives tokens for the API.",
			Mend: "Pass OPTIONS and the Access-Control headers on unchanged, on the API's host, too.", see: corsAPIMetadata,
		},
		{
			ID: "cors.api", Looks: "Where an agent can begin at the API's challenge, pages of any origin may call it and read WWW-Authenticate",
			Concerns: inBrowsers, Worst: Stumbles, Breaks: "Sees that it failed and not why, and does not begin to sign in.",
			Mend: "Pass OPTIONS and the Access-Control headers on unchanged, Access-Control-Expose-Headers with them.", see: corsAPI,
		},
		{
			ID: "cors.credentials", Looks: "No origin is reflected, and none may send cookies along (GW21)",
			Concerns: append(slices.Clone(inBrowsers), People), Worst: Fails, Breaks: "Any site reads answers in the name of whoever visits it.",
			Mend: "Remove Access-Control-Allow-Credentials in front; answer * and never the Origin that was sent.", see: corsCredentials,
		},
		{
			ID: "cors.pages", Looks: "Pages for people may be read by no other origin (RFC 9700 §2.6)",
			Concerns: []Family{People}, Worst: Fails, Breaks: "Another site reads the page, and the form tokens in it.",
			Mend: "Add no Access-Control headers to pages.", see: corsPages,
		},
	}
)

// origin of a page that nobody has listed anywhere.
const origin = "https://" + forged

// preflight asks as a browser does before it sends what is out of the ordinary.
func (l *look) preflight(address, method, headers string) *answer {
	return l.ask(question{method: http.MethodOptions, url: address, headers: "Origin: " + origin + "\nAccess-Control-Request-Method: " + method + "\nAccess-Control-Request-Headers: " + headers})
}

// allowed says what keeps a browser from going on after a preflight; empty if nothing does.
func allowed(a *answer, method, headers string) string {
	if a.err != nil || a.status < 200 || a.status > 299 {
		return a.String() + " to OPTIONS"
	}
	if !readable(a) {
		return "no Access-Control-Allow-Origin to OPTIONS"
	}
	methods := a.header.Get("Access-Control-Allow-Methods")
	if method != http.MethodGet && method != http.MethodPost && !lists(methods, method) {
		return "Access-Control-Allow-Methods: " + methods
	}
	for name := range strings.SplitSeq(headers, ",") {
		// Fetch §4.9: a * does not cover Authorization.
		names := a.header.Get("Access-Control-Allow-Headers")
		if !lists(names, name) && (name == "authorization" || !lists(names, "*")) {
			return strings.TrimSpace("Access-Control-Allow-Headers: " + names)
		}
	}
	return ""
}

// readable: a page of the origin may read the answer.
func readable(a *answer) bool {
	allow := a.header.Get("Access-Control-Allow-Origin")
	return a.err == nil && (allow == "*" || allow == origin)
}

func lists(header, name string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(item string) bool { return strings.EqualFold(strings.TrimSpace(item), name) })
}

// cross makes a check of a preflight and of what follows it.
func (l *look) cross(address, method, headers string, then *answer) finding {
	if wrong := allowed(l.preflight(address, method, headers), method, headers); wrong != "" {
		return bad(wrong+" at "+address, "2xx that allows "+method+" with "+headers)
	}
	if !readable(then) {
		return bad(then.String()+" without Access-Control-Allow-Origin at "+address, "Access-Control-Allow-Origin: *")
	}
	return good("allowed")
}

const mcpVersion = "mcp-protocol-version"

// crossGet sends what browser agents send.
func (l *look) crossGet(address string) *answer {
	return l.get(address, "Origin: "+origin, "MCP-Protocol-Version: 2025-11-25")
}

func corsDiscovery(l *look) finding {
	last := without("no metadata could be read")
	for _, address := range l.spellings() {
		if a := l.get(address); a.err != nil || a.status != http.StatusOK {
			continue // told by discovery.spellings
		}
		if last = l.cross(address, http.MethodGet, mcpVersion, l.crossGet(address)); last.verdict != Fine {
			break
		}
	}
	return last
}

func corsKeys(l *look) finding {
	address, ok := l.endpoint("jwks_uri")
	if !ok {
		return without("no jwks_uri")
	}
	if a := l.get(address, "Origin: "+origin); !readable(a) {
		return bad(a.String()+" without Access-Control-Allow-Origin", "Access-Control-Allow-Origin: *")
	}
	return good("allowed")
}

func corsToken(l *look) finding {
	return atToken(l, func(address string) finding {
		return l.cross(address, http.MethodPost, "authorization,"+mcpVersion, l.post(address, "", "Origin: "+origin))
	})
}

func corsRegistration(l *look) finding {
	address, ok := l.endpoint("registration_endpoint")
	if !ok {
		return without("no registration_endpoint")
	}
	return l.cross(address, http.MethodPost, "content-type,"+mcpVersion, l.ask(question{method: http.MethodPost, url: address, headers: "Content-Type: application/json\nOrigin: " + origin, body: noRegistration}))
}

func corsAPIMetadata(l *look) finding {
	return eachAPI(l, func(api string) finding {
		at, _, d := l.apiDocument(api)
		if d == nil {
			return without("no metadata of the API")
		}
		return l.cross(at, http.MethodGet, mcpVersion, l.crossGet(at))
	})
}

func corsAPI(l *look) finding {
	return eachAPI(l, func(api string) finding {
		if c, ok := l.bare(api); !ok || c.parameter("resource_metadata") == "" {
			return without("no challenge for agents")
		}
		a := l.get(api, "Origin: "+origin)
		if f := l.cross(api, http.MethodGet, "authorization,"+mcpVersion, a); f.verdict != Fine {
			return f
		}
		if expose := a.header.Get("Access-Control-Expose-Headers"); !lists(expose, "WWW-Authenticate") && !lists(expose, "*") {
			return bad(strings.TrimSpace("Access-Control-Expose-Headers: "+expose), "WWW-Authenticate in it")
		}
		return good("allowed")
	})
}

// everywhere lists what pages of other origins may try.
func (l *look) everywhere() []string {
	list := l.spellings()
	for _, name := range []string{"jwks_uri", "token_endpoint", "authorization_endpoint", "revocation_endpoint", "introspection_endpoint"} {
		if address, ok := l.endpoint(name); ok {
			list = append(list, address)
		}
	}
	return append(list, l.o.APIs...)
}

func corsCredentials(l *look) finding {
	list := l.everywhere()
	for _, address := range list {
		a := l.get(address, "Origin: "+origin)
		if a.err != nil {
			continue // told by others
		}
		if a.header.Get("Access-Control-Allow-Credentials") == "true" {
			return bad("Access-Control-Allow-Credentials: true at "+address, "no such header")
		}
		if a.header.Get("Access-Control-Allow-Origin") == origin {
			return bad("Access-Control-Allow-Origin: "+origin+" at "+address, "* or none")
		}
	}
	return good("%d addresses", len(list))
}

func corsPages(l *look) finding {
	list := []string{l.root("/"), l.root("/signin")}
	if address, ok := l.endpoint("authorization_endpoint"); ok {
		list = append(list, address)
	}
	for _, address := range list {
		if a := l.get(address, "Origin: "+origin); a.err == nil && a.header.Get("Access-Control-Allow-Origin") != "" {
			return bad("Access-Control-Allow-Origin: "+a.header.Get("Access-Control-Allow-Origin")+" at "+address, "no such header")
		}
	}
	return good("%d pages", len(list))
}
