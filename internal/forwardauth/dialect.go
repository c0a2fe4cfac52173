package forwardauth

import (
	"net/http"
	"net/url"
	"strings"

	"launchpad/oauth"
)

// original is the request that a proxy asks about.
type original struct {
	method string
	site   site
	url    *url.URL // path and query
	target string   // the same as it came
}

// dialect is how a proxy says which request it asks about. Each reads its own headers, which its page in docs/forward-auth
// tells the proxy to write over; the others' are a client's word and are not looked at.
type dialect struct {
	name string
	read func(r *http.Request) (original, error)
	// narrow proxies know three answers: pass, 401 and 403. They ask for the whole of a refusal at a second address.
	narrow bool
	// below: the path of the request is below that of the endpoint.
	below bool
}

// Path is where proxies ask; the dialect's name comes behind it.
const Path = "/oauth/forward-auth"

var dialects = []dialect{
	{name: "nginx", read: fromURL, narrow: true},
	{name: "caddy", read: fromForwarded},
	{name: "traefik", read: fromForwarded},
	{name: "haproxy", read: fromForwarded},
	{name: "envoy", read: fromPath, below: true},
}

// fromURL: one header with the whole address, so that its parts cannot contradict each other.
func fromURL(r *http.Request) (original, error) {
	address, err := only(r.Header, "X-Original-Url")
	if err != nil {
		return original{}, err
	}
	method, err := only(r.Header, "X-Original-Method")
	if err != nil {
		return original{}, err
	}
	scheme, rest, found := strings.Cut(address, "://")
	at := strings.IndexByte(rest, '/')
	if !found || at < 0 {
		return original{}, unreadable("X-Original-URL", address)
	}
	return newOriginal(method, scheme, rest[:at], rest[at:])
}

// fromForwarded: a header for each part.
func fromForwarded(r *http.Request) (original, error) {
	var parts [4]string
	for i, name := range [...]string{"X-Forwarded-Method", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Uri"} {
		var err error
		if parts[i], err = only(r.Header, name); err != nil {
			return original{}, err
		}
	}
	return newOriginal(parts[0], parts[1], parts[2], parts[3])
}

// fromPath: the request itself, its path behind that of the endpoint.
func fromPath(r *http.Request) (original, error) {
	scheme, err := only(r.Header, "X-Forwarded-Proto")
	if err != nil {
		return original{}, err
	}
	target, found := strings.CutPrefix(r.RequestURI, Path+"/envoy")
	if !found {
		return original{}, unreadable("path", r.RequestURI)
	}
	return newOriginal(r.Method, scheme, r.Host, target)
}

// only reads a header that says one thing. Twice the same is refused, too: whoever wrote the second may write another next time.
func only(h http.Header, name string) (string, error) {
	values := h[name]
	switch {
	case len(values) == 0 || values[0] == "":
		return "", oauth.InvalidRequest("forward_auth_header", "the proxy does not send %s; configure it as the page of forward-auth for it says", name)
	case len(values) > 1 || strings.ContainsRune(values[0], ',') && name != "X-Forwarded-Uri" && name != "X-Original-Url":
		return "", oauth.InvalidRequest("forward_auth_header", "%s says more than one thing; the proxy must write over what clients send under this name", name).
			Got(oauth.Printable(strings.Join(values, ", ")), "one value")
	}
	return values[0], nil
}

func newOriginal(method, scheme, host, target string) (original, error) {
	at, err := readSite(scheme, host)
	if err != nil {
		return original{}, err
	}
	for i := range len(method) {
		if c := method[i]; c < 'A' || c > 'Z' {
			return original{}, unreadable("method", method)
		}
	}
	// A path and a query. Whether it is in its plain form is looked at later.
	u, err := url.ParseRequestURI(target)
	if err != nil || !strings.HasPrefix(target, "/") || strings.ContainsRune(target, '#') || !visible(target) {
		return original{}, unreadable("path", target)
	}
	return original{method, at, u, target}, nil
}

// visible: no address has other characters, and proxies differ in what they make of them.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

func unreadable(what, received string) *oauth.Error {
	return oauth.InvalidRequest("forward_auth_request", "the %s of the request that the proxy asks about cannot be read", what).Got(oauth.Printable(received), "that of an HTTP request")
}
