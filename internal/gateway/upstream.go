package gateway

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"

	"launchpad/internal/access"
	"launchpad/internal/core"
)

// Every header whose name folds to this prefix belongs to us: clients cannot send one past us in any spelling.
const managedPrefix = "launchpad-"

// forUpstream makes the request that the upstream sees: without the caller's credentials, with ours about him.
func forUpstream(r *http.Request, token access.Token, account core.Account) *http.Request {
	out := new(http.Request)
	*out = *r
	out.Header = make(http.Header, len(r.Header)+6)
	for name, values := range r.Header {
		if !withheld(name) {
			out.Header[name] = values
		}
	}
	set := func(name, value string) { out.Header[name] = []string{value} }
	set("Launchpad-Account", account.ID.String())
	set("Launchpad-Account-Slug", account.Slug)
	set("Launchpad-App", token.AppID.String())
	set("Launchpad-Scope", token.Scope.String())
	if !token.IdentityID.Zero() {
		set("Launchpad-Identity", token.IdentityID.String())
	}
	if strings.Contains(r.URL.RawQuery, "access_token") {
		u := *r.URL
		u.RawQuery = withoutToken(u.RawQuery)
		out.URL, out.RequestURI = &u, u.RequestURI()
	}
	return out
}

// withheld: our own names, credentials, and Connection, which could name our headers for removal on the way.
func withheld(name string) bool {
	switch name {
	case "Authorization", "Cookie", "Connection", "Proxy-Authorization":
		return true
	}
	return len(name) >= len(managedPrefix) && strings.HasPrefix(fold(name[:len(managedPrefix)]), managedPrefix)
}

// fold reads a name as the laxest upstream might: case, underscores and dots do not count.
func fold(name string) string {
	return strings.Map(func(c rune) rune {
		if c == '_' || c == '.' {
			return '-'
		}
		return c
	}, strings.ToLower(name))
}

// withoutToken cuts the token out and leaves the rest of the query as it was, byte by byte.
func withoutToken(query string) string {
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if decoded, err := url.QueryUnescape(name); err == nil && decoded == "access_token" {
			continue
		}
		kept = append(kept, pair)
	}
	return strings.Join(kept, "&")
}

// Proxy is an upstream at an address.
func Proxy(target *url.URL) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.SetXForwarded()
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.Header().Set("Content-Type", "application/json;charset=UTF-8")
			w.WriteHeader(http.StatusBadGateway)
			_, _ = w.Write([]byte(`{"error":"temporarily_unavailable","error_description":"the API behind the gateway does not answer"}`))
		},
	}
}
