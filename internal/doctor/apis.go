package doctor

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var apiChecks = []Check{
	{
		ID: "api.challenge", Looks: "A call without a token is answered 401 with WWW-Authenticate: Bearer (RFC 6750 §3)",
		Concerns: programs, Worst: Fails, Breaks: "Is not told that it needs a token, and does not begin to sign in.",
		Mend: "Let the gateway answer; pass 401 and WWW-Authenticate on unchanged.", see: apiChallenge,
	},
	{
		ID: "api.resource-metadata", Looks: "The challenge names the API's metadata: resource_metadata (RFC 9728 §5.1)",
		Concerns: agents, Worst: Stumbles, Breaks: "Guesses where the metadata is, or asks its user for the server.",
		Mend: "Mark the API with agents = true; pass WWW-Authenticate on unchanged.", see: apiResourceMetadata,
	},
	{
		ID: "api.challenge-scope", Looks: "The challenge names the scopes that are needed (RFC 6750 §3)",
		Concerns: agents, Worst: Stumbles, Breaks: "Asks for everything that is announced, or for nothing.",
		Mend: "Declare a scope for the route; pass WWW-Authenticate on unchanged.", see: apiScope,
	},
	{
		ID: "api.metadata", Looks: "The API's metadata can be read at the address in the challenge, or else where clients look (RFC 9728 §3)",
		Concerns: agents, Worst: Fails, Breaks: "Does not learn which server gives tokens for the API.",
		Mend: "Mark the API with agents = true; pass /.well-known/oauth-protected-resource on to Launchpad.", see: apiMetadata,
	},
	{
		ID: "api.metadata-path", Looks: "It is the same at /.well-known/oauth-protected-resource before the path of its resource (RFC 9728 §3.1)",
		Concerns: agents, Worst: Stumbles, Breaks: "Looks there if it does not read the challenge, and finds nothing.",
		Mend: "Pass /.well-known/oauth-protected-resource and what is below it on to Launchpad, on the API's host, too.", see: apiMetadataPath,
	},
	{
		ID: "api.resource", Looks: "Its resource is the API's address or covers it; a slash at the end makes no difference (RFC 9728 §3.3)",
		Concerns: agents, Worst: Fails, Breaks: "Takes the metadata for another API's and stops.",
		Mend: "Configure the API under the address that its clients use.", see: apiResource,
	},
	{
		ID: "api.issuer", Looks: "Its authorization_servers has the issuer, to the character (RFC 9728 §2)",
		Concerns: agents, Worst: Fails, Breaks: "Goes to another server, or refuses the metadata that it finds there.",
		Mend: "Set issuer to the address that clients use.", see: apiIssuer,
	},
	{
		ID: "api.bogus-token", Looks: "A token that nobody issued is answered 401 with error=\"invalid_token\" (RFC 6750 §3.1)",
		Concerns: programs, Worst: Fails, Breaks: "Does not know that its token is over, and does not refresh it.",
		Mend: "Pass Authorization to the gateway and WWW-Authenticate back.", see: apiBogusToken,
	},
	{
		ID: "api.query-token", Looks: "Tokens in the query are read only where bearer_methods_supported says so (RFC 9728 §2)",
		Concerns: append(slices.Clone(agents), Old), Worst: Stumbles, Breaks: "Leaves tokens in logs and histories, against what is announced.",
		Mend: "Set query_tokens = false for the API.", see: apiQueryToken,
	},
	{
		ID: "api.head-options", Looks: "HEAD and OPTIONS without a token are answered, with neither 404 nor 5xx nor the API's own content",
		Concerns: []Family{InBrowser, Stock}, Worst: Stumbles, Breaks: "Asks first by HEAD or OPTIONS and takes the API for away.",
		Mend: "Pass every method on to the gateway.", see: apiHeadOptions,
	},
}

// eachAPI makes a check of every API that was named, until one is wrong.
func eachAPI(l *look, see func(api string) finding) finding {
	if len(l.o.APIs) == 0 {
		return without("needs --api")
	}
	var last finding
	for _, api := range l.o.APIs {
		f := see(api)
		if len(l.o.APIs) > 1 {
			f.received = api + ": " + f.received
		}
		if f.verdict == "" || f.verdict.wrong() {
			return f
		}
		if last.verdict != Fine {
			last = f
		}
	}
	return last
}

// challenge is a list of WWW-Authenticate fields.
type challenge []string

func challenges(a *answer) challenge {
	if a.err != nil {
		return nil
	}
	return a.header.Values("WWW-Authenticate")
}

func (c challenge) String() string {
	if len(c) == 0 {
		return "(absent)"
	}
	return strings.Join(c, ", ")
}

// speaks: RFC 9110 §11.1: schemes are told apart in any case; a proxy may have merged several into one field.
func (c challenge) speaks(scheme string) bool {
	return regexp.MustCompile(`(?i)(?:^|,\s*)` + scheme + `(?:\s|,|$)`).MatchString(c.String())
}

// parameter of the challenge. Quotes may be missing around plain words.
func (c challenge) parameter(name string) string {
	m := regexp.MustCompile(`(?i)[\s,]` + name + `\s*=\s*(?:"([^"]*)"|([^\s,"]+))`).FindStringSubmatch(c.String())
	if m == nil {
		return ""
	}
	return m[1] + m[2]
}

func apiChallenge(l *look) finding {
	return eachAPI(l, func(api string) finding {
		a := l.get(api)
		if a.err != nil || a.status != http.StatusUnauthorized || !challenges(a).speaks("bearer") {
			return bad(a.String()+", WWW-Authenticate: "+challenges(a).String(), "401, WWW-Authenticate: Bearer")
		}
		return good("401, Bearer")
	})
}

// bare is the challenge to a call without a token, if there is one.
func (l *look) bare(api string) (challenge, bool) {
	a := l.get(api)
	return challenges(a), a.err == nil && a.status == http.StatusUnauthorized
}

// inChallenge wants a parameter of it.
func inChallenge(l *look, name string) finding {
	return eachAPI(l, func(api string) finding {
		c, ok := l.bare(api)
		if !ok || !c.speaks("bearer") {
			return without("no challenge")
		}
		if c.parameter(name) == "" {
			return bad("WWW-Authenticate: "+c.String(), name+" in it")
		}
		return good("%s", c.parameter(name))
	})
}

func apiResourceMetadata(l *look) finding { return inChallenge(l, "resource_metadata") }
func apiScope(l *look) finding            { return inChallenge(l, "scope") }

// inserted is where RFC 9728 §3.1 has the metadata of a resource. Clients leave out a slash at the end.
func inserted(resource string) string {
	u, _ := url.Parse(resource) // lookable, or covers an API
	return u.Scheme + "://" + u.Host + "/.well-known/oauth-protected-resource" + strings.TrimSuffix(u.EscapedPath(), "/")
}

// apiDocument finds the metadata as clients do: where the challenge leads, and only without that before the path and at the
// root.
func (l *look) apiDocument(api string) (at string, a *answer, d document) {
	u, _ := url.Parse(api) // lookable
	list := []string{inserted(api), u.Scheme + "://" + u.Host + "/.well-known/oauth-protected-resource"}
	if c, _ := l.bare(api); c.parameter("resource_metadata") != "" {
		list = []string{c.parameter("resource_metadata")}
	}
	for _, at = range list {
		a = &answer{err: errors.New("another host, which is not asked")}
		if l.home(at) || sameOrigin(at, api) {
			a = l.get(at)
		}
		if a.err == nil && a.status == http.StatusOK && a.kind() == "application/json" && a.document() != nil {
			return at, a, a.document()
		}
	}
	return list[0], a, nil
}

func apiMetadata(l *look) finding {
	return eachAPI(l, func(api string) finding {
		at, a, d := l.apiDocument(api)
		if d == nil {
			return bad(a.String()+" at "+at, "200 application/json")
		}
		return good("%s", at)
	})
}

// ofAPI makes a check of the API's metadata.
func ofAPI(l *look, see func(api string, d document) finding) finding {
	return eachAPI(l, func(api string) finding {
		_, _, d := l.apiDocument(api)
		if d == nil {
			return without("no metadata of the API")
		}
		return see(api, d)
	})
}

func apiMetadataPath(l *look) finding {
	return eachAPI(l, func(api string) finding {
		_, found, d := l.apiDocument(api)
		if d == nil || !covers(d.text("resource"), api) {
			return without("no metadata of the API")
		}
		at := inserted(d.text("resource"))
		if a := l.get(at); a.err != nil || a.status != http.StatusOK || !bytes.Equal(a.body, found.body) {
			return bad(a.String()+" at "+at, "the same metadata")
		}
		return good("%s", at)
	})
}

func apiResource(l *look) finding {
	return ofAPI(l, func(api string, d document) finding {
		if !covers(d.text("resource"), api) {
			return bad(d.shown("resource"), "resource: "+api+", or what that is below")
		}
		return good("%s", d.text("resource"))
	})
}

// covers: same origin, and the path is that of the resource or below it.
func covers(resource, api string) bool {
	r, err := url.Parse(resource)
	if err != nil || !sameOrigin(resource, api) {
		return false
	}
	a, _ := url.Parse(api) // lookable
	return strings.HasPrefix(strings.TrimSuffix(a.EscapedPath(), "/")+"/", strings.TrimSuffix(r.EscapedPath(), "/")+"/")
}

func apiIssuer(l *look) finding {
	return ofAPI(l, func(_ string, d document) finding {
		if list := d.list("authorization_servers"); !slices.Contains(list, l.o.Issuer) {
			return bad("authorization_servers: "+orNone(list), l.o.Issuer+" in it")
		}
		return good("%s", l.o.Issuer)
	})
}

func apiBogusToken(l *look) finding {
	return eachAPI(l, func(api string) finding {
		a := l.get(api, "Authorization: Bearer doctor")
		if c := challenges(a); a.err != nil || a.status != http.StatusUnauthorized || c.parameter("error") != "invalid_token" {
			return bad(a.String()+", WWW-Authenticate: "+c.String(), `401, error="invalid_token"`)
		}
		return good("401, invalid_token")
	})
}

func apiQueryToken(l *look) finding {
	return ofAPI(l, func(api string, d document) finding {
		if d["bearer_methods_supported"] == nil {
			return without("no bearer_methods_supported")
		}
		methods := d.list("bearer_methods_supported")
		query, header := challenges(l.get(api+"?access_token=doctor")), challenges(l.get(api, "Authorization: Bearer doctor"))
		// Whoever reads it calls it wrong in the words that a wrong one in the header gets.
		read := query.parameter("error") == "invalid_token" && query.parameter("error_description") == header.parameter("error_description")
		if read && !slices.Contains(methods, "query") {
			return bad("the query's token is read", "only by "+orNone(methods))
		}
		return good("%s", orNone(methods))
	})
}

func apiHeadOptions(l *look) finding {
	return eachAPI(l, func(api string) finding {
		for _, method := range []string{http.MethodHead, http.MethodOptions} {
			a := l.ask(question{method: method, url: api})
			empty := a.status == http.StatusNoContent || a.status == http.StatusOK && len(a.body) == 0 && method == http.MethodOptions
			if a.err != nil || a.status == http.StatusNotFound || a.status < 400 && !empty || a.status >= 500 {
				return bad(method+": "+a.String(), "401 or 405, or 204 to OPTIONS")
			}
		}
		return good("answered")
	})
}
