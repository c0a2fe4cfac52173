package doctor

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

var discoveryChecks = []Check{
	{
		ID: "discovery.spellings", Looks: "Every address at which clients look for the metadata answers 200 with the same bytes (RFC 8414 §3, OIDC Discovery §4)",
		Concerns: discoverer, Worst: Fails, Breaks: "Stops at the address that it tries first, or learns something else than others do.",
		Mend: "Pass every /.well-known/oauth-authorization-server and /.well-known/openid-configuration address on unchanged.", see: spellings,
	},
	{
		ID: "discovery.json", Looks: "The metadata is a JSON object and is called application/json (RFC 8414 §3.2)",
		Concerns: discoverer, Worst: Fails, Breaks: "Refuses to read the metadata.",
		Mend: "Let no proxy answer these addresses itself, and none change Content-Type.", see: isJSON,
	},
	{
		ID: "discovery.issuer", Looks: "issuer is the address that was asked for, to the character (RFC 8414 §3.3)",
		Concerns: append(slices.Clone(discoverer), Verifiers), Worst: Fails, Breaks: "Takes the metadata for somebody else's and stops.",
		Mend: "Set issuer to the public address, without a slash at the end, and give clients exactly that.", see: issuer,
	},
	{
		ID: "discovery.null-members", Looks: "No member of the metadata is null (RFC 8414 §3.2)",
		Concerns: []Family{TypeScript, OIDC}, Worst: Fails, Breaks: "Its schema refuses the whole document.",
		Mend: "Leave members out that have no value.", see: nullMembers,
	},
	{
		ID: "discovery.pkce", Looks: "code_challenge_methods_supported has S256",
		Concerns: agents, Worst: Fails, Breaks: "Refuses to go on without PKCE.",
		Mend: "Announce S256; do not filter the metadata.", see: has("code_challenge_methods_supported", "S256"),
	},
	{
		ID: "discovery.public-clients", Looks: "token_endpoint_auth_methods_supported has none",
		Concerns: agents, Worst: Fails, Breaks: "Has no secret, finds no method that it can use, and does not start.",
		Mend: "Announce none; do not filter the metadata.", see: has("token_endpoint_auth_methods_supported", "none"),
	},
	{
		ID: "discovery.client-secrets", Looks: "token_endpoint_auth_methods_supported has client_secret_basic and client_secret_post",
		Concerns: []Family{Connectors, OIDC, Stock}, Worst: Stumbles, Breaks: "Uses one of the two whatever is announced, or gives up.",
		Mend: "Announce both; do not filter the metadata.", see: has("token_endpoint_auth_methods_supported", "client_secret_basic", "client_secret_post"),
	},
	{
		ID: "discovery.code-flow", Looks: "response_types_supported has code, and the grants authorization_code and refresh_token are announced",
		Concerns: discoverer, Worst: Fails, Breaks: "Finds no flow that it can use, or asks for no refresh token.",
		Mend: "Announce them; do not filter the metadata.", see: codeFlow,
	},
	{
		ID: "discovery.registration", Looks: "registration_endpoint is announced (RFC 7591)",
		Concerns: agents, Worst: Fails, Breaks: "Can introduce itself in no way that it knows; somebody must register it by hand.",
		Mend: "Mark the API that agents call with agents = true.", see: registers,
	},
	{
		ID: "discovery.client-metadata", Looks: "client_id_metadata_document_supported is true",
		Concerns: agents, Worst: Stumbles, Breaks: "Registers anew for each connection, or, if it has only a metadata document, does not start.",
		Mend: "Mark the API that agents call with agents = true.", see: isTrue("client_id_metadata_document_supported"),
	},
	{
		ID: "discovery.iss", Looks: "authorization_response_iss_parameter_supported is true (RFC 9207 §3)",
		Concerns: discoverer, Worst: Stumbles, Breaks: "Cannot tell whose answer it got, and may refuse it.",
		Mend: "Announce it; do not filter the metadata.", see: isTrue("authorization_response_iss_parameter_supported"),
	},
	{
		ID: "discovery.offline-access", Looks: "scopes_supported has offline_access",
		Concerns: agents, Worst: Stumbles, Breaks: "Does not ask for a refresh token, so that people sign in again every few hours.",
		Mend: "Announce the scope offline_access.", see: has("scopes_supported", "offline_access"),
	},
	{
		ID: "discovery.openid", Looks: "Where the scope openid is announced, so are subject_types_supported, id_token_signing_alg_values_supported and jwks_uri (OIDC Discovery §3)",
		Concerns: []Family{OIDC}, Worst: Fails, Breaks: "Refuses the configuration as incomplete.",
		Mend: "Announce them, or do not announce openid.", see: openID,
	},
	{
		ID: "discovery.endpoints", Looks: "Every endpoint is a plain address on the issuer's own origin (GW20)",
		Concerns: append(slices.Clone(discoverer), People), Worst: Fails, Breaks: "Is sent to another host, in the clear, or, by a careless client, into a shell.",
		Mend: "Set issuer to the public address; let no proxy rewrite the metadata.", see: endpoints,
	},
	{
		ID: "discovery.endpoints-answer", Looks: "Every endpoint that is announced answers, with neither 404 nor 5xx",
		Concerns: programs, Worst: Fails, Breaks: "Follows the metadata to where nobody is.",
		Mend: "Pass the endpoint's path on to Launchpad.", see: endpointsAnswer,
	},
	{
		ID: "discovery.host", Looks: "Nothing is built from Host, X-Forwarded-Host or their like (GW20)",
		Concerns: everybody, Worst: Fails, Breaks: "Whoever poisons a cache or a link with a forged Host takes its codes and tokens.",
		Mend: "Set issuer; let no proxy rewrite answers by the Host of the request.", see: forgedHost,
	},
	{
		ID: "discovery.unknown-paths", Looks: "Unknown addresses below /.well-known/ answer 404",
		Concerns: []Family{TypeScript, Python, Connectors, Desktop, InBrowser}, Worst: Fails, Breaks: "Tries several addresses, and stops at the first that answers 5xx (502 aside) or with a page.",
		Mend: "Let Launchpad answer /.well-known/, or answer 404 there; no catch-all page, no 500.", see: unknownPaths,
	},
	{
		ID: "discovery.caching", Looks: "Cache-Control lets the metadata be kept, for a day at most",
		Concerns: discoverer, Worst: Stumbles, Breaks: "Keeps what is old for as long as it likes, or asks each time.",
		Mend: "Pass Cache-Control on; let no cache in front lengthen it.", see: func(l *look) finding { return cached(l.firstMetadata(), 24*time.Hour) },
	},
}

// spellings lists the addresses at which clients look for the metadata: RFC 8414 §3 inserts the well-known part before the
// issuer's path, OIDC Discovery §4 appends it, and some libraries do either with both names.
func (l *look) spellings() []string {
	path := strings.TrimSuffix(l.issuer.EscapedPath(), "/")
	var list []string
	for _, name := range []string{"oauth-authorization-server", "openid-configuration"} {
		list = append(list, l.root("/.well-known/"+name+path))
		if path != "" {
			list = append(list, l.root(path+"/.well-known/"+name))
		}
	}
	return list
}

// firstMetadata is the answer at the first address.
func (l *look) firstMetadata() *answer { return l.get(l.spellings()[0]) }

func spellings(l *look) finding {
	list := l.spellings()
	for _, address := range list {
		a := l.get(address)
		if a.err != nil || a.status != http.StatusOK {
			return bad(a.String()+" at "+address, "200 with the metadata")
		}
		if !bytes.Equal(a.body, l.firstMetadata().body) {
			return bad(address+" differs from "+list[0], "the same bytes")
		}
	}
	return good("%d addresses, the same %d bytes", len(list), len(l.firstMetadata().body))
}

func isJSON(l *look) finding {
	for _, address := range l.spellings() {
		a := l.get(address)
		if a.err != nil || a.status != http.StatusOK {
			continue // told by discovery.spellings
		}
		if a.kind() != "application/json" || a.document() == nil {
			return bad(begin(a)+" at "+address, "application/json with an object")
		}
	}
	return good("application/json")
}

// begin shows the kind of an answer and how it begins.
func begin(a *answer) string {
	return fmt.Sprintf("%s beginning with %.20q", a.kind(), strings.TrimSpace(string(a.body)))
}

// known makes a check of the metadata that does not apply where there is none.
func known(see func(d document) finding) func(*look) finding {
	return func(l *look) finding {
		d := l.metadata()
		if d == nil {
			return without("no metadata could be read")
		}
		return see(d)
	}
}

func issuer(l *look) finding {
	return known(func(d document) finding {
		if d.text("issuer") != l.o.Issuer {
			return bad(d.shown("issuer"), "issuer: "+l.o.Issuer)
		}
		return good("%s", l.o.Issuer)
	})(l)
}

// shown is a member with its name, or that there is none.
func (d document) shown(name string) string {
	member, there := d[name]
	if !there {
		return "no " + name
	}
	return fmt.Sprintf("%s: %v", name, member)
}

func nullMembers(l *look) finding {
	return known(func(d document) finding {
		if name := null(d); name != "" {
			return bad(name+": null", "the member left out")
		}
		return good("none of %d members", len(d))
	})(l)
}

// null finds a member that is null, or has a null in it.
func null(d document) string {
	for _, name := range slices.Sorted(maps.Keys(d)) {
		items, _ := d[name].([]any)
		if d[name] == nil || slices.Contains(items, nil) {
			return name
		}
	}
	return ""
}

// has wants values in a list.
func has(member string, values ...string) func(*look) finding {
	return known(func(d document) finding {
		list := d.list(member)
		for _, value := range values {
			if !slices.Contains(list, value) {
				return bad(member+": "+orNone(list), value+" in it")
			}
		}
		return good("has %s", strings.Join(values, ", "))
	})
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

func codeFlow(l *look) finding {
	return known(func(d document) finding {
		if list := d.list("response_types_supported"); !slices.Contains(list, "code") {
			return bad("response_types_supported: "+orNone(list), "code in it")
		}
		// RFC 8414 §2: left out, it means authorization_code and implicit.
		if list := d.list("grant_types_supported"); !slices.Contains(list, "authorization_code") || !slices.Contains(list, "refresh_token") {
			return bad("grant_types_supported: "+orNone(list), "authorization_code and refresh_token in it")
		}
		return good("code, authorization_code, refresh_token")
	})(l)
}

// registers: who has a metadata document of its own can do without, but not every client has.
func registers(l *look) finding {
	return known(func(d document) finding {
		if d.text("registration_endpoint") != "" {
			return good("%s", d.text("registration_endpoint"))
		}
		f := bad("no registration_endpoint", "registration_endpoint")
		if d["client_id_metadata_document_supported"] == true {
			f.verdict = Stumbles
		}
		return f
	})(l)
}

func isTrue(member string) func(*look) finding {
	return known(func(d document) finding {
		if d[member] != true {
			return bad(d.shown(member), member+": true")
		}
		return good("true")
	})
}

func openID(l *look) finding {
	return known(func(d document) finding {
		if !slices.Contains(d.list("scopes_supported"), "openid") {
			return without("openid is not announced")
		}
		for _, member := range []string{"subject_types_supported", "id_token_signing_alg_values_supported", "jwks_uri"} {
			if d[member] == nil {
				return bad("no "+member, member)
			}
		}
		return good("complete")
	})(l)
}

// named lists the members of the metadata that are addresses of endpoints.
func named(d document) []string {
	var list []string
	for name := range d {
		if strings.HasSuffix(name, "_endpoint") || name == "jwks_uri" {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// tame is an address that does no harm in a shell, a log or a page.
var tame = pattern(`^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?$`)

func endpoints(l *look) finding {
	return known(func(d document) finding {
		for _, name := range named(d) {
			address := d.text(name)
			if !l.home(address) || !tame().MatchString(address) {
				return bad(d.shown(name), "a plain address on "+l.root(""))
			}
		}
		return good("%d on %s", len(named(d)), l.root(""))
	})(l)
}

func endpointsAnswer(l *look) finding {
	return known(func(d document) finding {
		seen := 0
		for _, name := range named(d) {
			address, ok := l.endpoint(name)
			if !ok {
				continue // told by discovery.endpoints
			}
			seen++
			if a := l.get(address); a.err != nil || a.status == http.StatusNotFound || a.status >= 500 {
				return bad(a.String()+" at "+address, "an answer of the endpoint")
			}
		}
		return good("%d answer", seen)
	})(l)
}

// forged is a host that cannot exist (RFC 6761 §6.4).
const forged = "doctor.invalid"

func forgedHost(l *look) finding {
	for _, headers := range [][]string{
		{"Host: " + forged},
		{"X-Forwarded-Host: " + forged, "X-Forwarded-Server: " + forged, "X-Host: " + forged, "X-Original-Host: " + forged, "Forwarded: host=" + forged},
	} {
		for _, address := range l.spellings() {
			a := l.get(address, headers...)
			if a.err == nil && a.tells(forged) {
				return bad(headers[0]+" comes back from "+address, "the configured issuer, or a refusal")
			}
		}
	}
	return good("forged hosts change nothing")
}

// tells: a text is in the body or a header of the answer.
func (a *answer) tells(text string) bool {
	if bytes.Contains(a.body, []byte(text)) {
		return true
	}
	for _, values := range a.header {
		if slices.ContainsFunc(values, func(value string) bool { return strings.Contains(value, text) }) {
			return true
		}
	}
	return false
}

func unknownPaths(l *look) finding {
	for _, path := range []string{"/.well-known/doctor", "/.well-known/oauth-authorization-server/doctor", "/.well-known/openid-configuration/doctor", "/.well-known/oauth-protected-resource/doctor"} {
		if a := l.get(l.root(path)); a.err != nil || a.status != http.StatusNotFound {
			return bad(a.String()+" at "+path, "404")
		}
	}
	return good("404")
}

var maxAge = pattern(`(?:^|[\s,])max-age=(\d+)`)

// cached: an answer may be kept, but not for longer.
func cached(a *answer, most time.Duration) finding {
	if a.err != nil {
		return without("no answer")
	}
	control := a.header.Get("Cache-Control")
	m := maxAge().FindStringSubmatch(control)
	if m == nil {
		return bad(strings.TrimSpace("Cache-Control: "+control), "Cache-Control with max-age")
	}
	if seconds, err := strconv.Atoi(m[1]); err != nil || seconds > int(most/time.Second) {
		return bad("Cache-Control: "+control, fmt.Sprintf("max-age of at most %d", int(most/time.Second)))
	}
	return good("Cache-Control: %s", control)
}
