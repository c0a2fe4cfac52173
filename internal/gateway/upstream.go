package gateway

import (
	"context"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"

	"launchpad/internal/access"
	"launchpad/internal/core"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Every header whose name folds to this prefix belongs to us: clients cannot send one past us in any spelling.
const managedPrefix = "launchpad-"

// forUpstream makes the request that the upstream sees: without the caller's credentials, with ours about him.
func forUpstream(r *http.Request, token access.Token, account core.Account) *http.Request {
	out := new(http.Request)
	*out = *r
	out.Trailer = nil // names announced here would reach the upstream beside ours
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
	if token.Audience != "" {
		set("Launchpad-Resource", token.Audience)
	}
	if !token.IdentityID.Zero() {
		set("Launchpad-Identity", token.IdentityID.String())
	}
	if r.URL.RawQuery != "" {
		u := *r.URL
		u.RawQuery = withoutToken(u.RawQuery)
		out.URL, out.RequestURI = &u, u.RequestURI()
	}
	return out
}

// What does not pass to an upstream: credentials, names that announce or remove others, and what only a proxy in front
// may say, which none is trusted to yet. What does not come back: what holds for the whole host, and cookies, which
// calls do not carry either.
var (
	withheldNames = []string{"authorization", "cookie", "connection", "trailer", "proxy-authorization", "forwarded", "x-real-ip",
		"x-original-url", "x-rewrite-url", "x-http-method-override", "remote-user"}
	withheldBeginnings = []string{managedPrefix, "x-forwarded-"}
	keptBackNames      = []string{"set-cookie", "clear-site-data", "strict-transport-security"}
)

func withheld(name string) bool {
	return slices.ContainsFunc(withheldNames, func(word string) bool { return len(name) == len(word) && begins(name, word) }) ||
		slices.ContainsFunc(withheldBeginnings, func(word string) bool { return begins(name, word) })
}

func keptBack(name string) bool {
	return slices.ContainsFunc(keptBackNames, func(word string) bool { return len(name) == len(word) && begins(name, word) }) ||
		begins(name, managedPrefix)
}

// begins reads a name as the laxest upstream might: case, underscores and dots do not count.
func begins(name, word string) bool {
	if len(name) < len(word) {
		return false
	}
	for i := range len(word) {
		c := name[i]
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c == '_' || c == '.':
			c = '-'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// tokenNames are the parameters that may hold a token. An upstream sees none of them, whether it was the one that counted
// or not.
var tokenNames = []string{"access_token", "bearer_token", "oauth_token"}

// withoutToken cuts the token out and leaves the rest of the query as it was, byte by byte.
func withoutToken(query string) string {
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if decoded, err := url.QueryUnescape(name); err == nil && slices.Contains(tokenNames, decoded) {
			continue
		}
		kept = append(kept, pair)
	}
	return strings.Join(kept, "&")
}

// Upstream answers a call that may pass. Its error means that nothing was answered yet.
type Upstream func(w http.ResponseWriter, r *http.Request) error

// Local is an upstream in this process.
func Local(handler http.Handler) Upstream {
	return func(w http.ResponseWriter, r *http.Request) error {
		handler.ServeHTTP(w, r)
		return nil
	}
}

// Proxy is an upstream at an address.
func Proxy(target *url.URL) Upstream {
	proxy := &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.SetXForwarded()
		},
		ModifyResponse: func(answer *http.Response) error {
			clean(answer.Header)
			clean(answer.Trailer)
			if answer.StatusCode != http.StatusSwitchingProtocols {
				answer.Body = &watched{answer.Body, answer}
			}
			return nil
		},
		ErrorHandler: func(_ http.ResponseWriter, r *http.Request, err error) { passageOf(r).failure = err },
		ErrorLog:     log.New(io.Discard, "", 0), // the request's own line says it
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		p := &passage{record: web.RecordOf(w)}
		proxy.ServeHTTP(&guarded{ResponseWriter: w, own: maps.Clone(w.Header())}, r.WithContext(context.WithValue(r.Context(), passageKey{}, p)))
		switch {
		case p.failure != nil && r.Context().Err() != nil:
			return oauth.InvalidRequest("client_gone", "the connection was closed before the API had answered").Because(p.failure)
		case p.failure != nil:
			return oauth.BadGateway("upstream_unreachable", "the API behind this address does not answer; try again later").Because(p.failure)
		}
		return nil
	}
}

// passage is one call on its way through the proxy.
type passage struct {
	record  *web.Record
	failure error // before the answer began
}

type passageKey struct{}

func passageOf(r *http.Request) *passage { return r.Context().Value(passageKey{}).(*passage) }

// watched is an answer's body. It notes why it ended too early, and cleans what the upstream says behind it, which is known
// when it has ended.
type watched struct {
	io.ReadCloser
	answer *http.Response
}

func (b *watched) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		clean(b.answer.Trailer)
	}
	if err != nil && err != io.EOF {
		passageOf(b.answer.Request).record.Cause = err
	}
	return n, err
}

// clean takes out of an upstream's answer what only we may say to browsers and clients at our address.
func clean(h http.Header) {
	for name := range h {
		if keptBack(name) {
			delete(h, name)
		}
	}
}

// guarded lets the headers that the gateway has set win over an upstream's of the same name.
type guarded struct {
	http.ResponseWriter
	own http.Header
}

func (g *guarded) WriteHeader(status int) {
	maps.Copy(g.Header(), g.own)
	g.ResponseWriter.WriteHeader(status)
}

// Unwrap lets answers be flushed.
func (g *guarded) Unwrap() http.ResponseWriter { return g.ResponseWriter }
