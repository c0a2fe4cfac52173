package gateway

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Every header whose name folds to this prefix belongs to us: clients cannot send one past us in any spelling.
const managedPrefix = "launchpad-"

// forUpstream makes the request that the upstream sees: without the caller's credentials, with ours about him.
func (g *Room) forUpstream(r *http.Request, p *passage) *http.Request {
	out := new(http.Request)
	*out = *r
	out.Trailer = nil // names announced here would reach the upstream beside ours
	out.Header = make(http.Header, len(r.Header)+10)
	for name, values := range r.Header {
		if !withheld(name) {
			out.Header[name] = values
		}
	}
	hop(out.Header, r.Header["Connection"])
	// Identity comes last: nothing that a caller says can take it away again.
	p.admitted.Tell(out.Header, false)
	forwarded := &[...]string{r.Host, g.issuer.Scheme, ""}
	out.Header["X-Forwarded-Host"], out.Header["X-Forwarded-Proto"] = forwarded[0:1:1], forwarded[1:2:2]
	if p.record.From.IsValid() {
		forwarded[2] = p.record.From.String()
		out.Header["X-Forwarded-For"] = forwarded[2:3:3]
	}
	if r.URL.RawQuery != "" {
		u := *r.URL
		u.RawQuery = withoutToken(u.RawQuery)
		out.URL, out.RequestURI = &u, u.RequestURI()
	}
	return out
}

// hop takes out what concerns one connection alone, as the header Connection lists it. RFC 9110 §7.6.1.
func hop(h http.Header, lines []string) {
	for _, line := range lines {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.TrimSpace(name); name != "" {
				delete(h, http.CanonicalHeaderKey(name))
			}
		}
	}
}

// What does not pass to an upstream: credentials, names that announce or remove others, what concerns one connection
// alone, and what only a proxy in front may say of who calls, which none is trusted to: an upstream that stood behind another
// one may still believe it. What does not come back: what
// holds for the whole host, and cookies, which calls do not carry either.
var (
	withheldNames = byFirst("authorization", "cookie", "cookie2", "connection", "trailer", "proxy-authorization", "proxy-connection", "proxy-authenticate", "keep-alive",
		"te", "transfer-encoding", "upgrade", "http2-settings", "forwarded", "x-real-ip", "x-client-ip", "true-client-ip", "x-original-url", "x-original-uri", "x-rewrite-url",
		"x-http-method", "x-http-method-override", "x-method-override", "x-user", "x-userid", "x-username")
	withheldBeginnings = byFirst(managedPrefix, "x-launchpad-", "x-forwarded-", "remote-", "x-remote-", "x-auth-", "x-webauth-", "x-authenticated-", "x-user-")
	noIdentity         = byFirst("x-user-agent") // a browser's library names itself so where it may not write User-Agent
	keptBackNames      = byFirst("set-cookie", "set-cookie2", "clear-site-data", "strict-transport-security", "connection", "keep-alive", "proxy-connection", "proxy-authenticate",
		"proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade", "alt-svc", "public-key-pins")
	keptBackBeginnings = byFirst(managedPrefix)
)

// wordsByFirst finds, for most names at once, that none of its words is meant.
type wordsByFirst [256][]string

func byFirst(words ...string) *wordsByFirst {
	var w wordsByFirst
	for _, word := range words {
		w[word[0]] = append(w[word[0]], word)
		w[word[0]-'a'+'A'] = w[word[0]]
	}
	return &w
}

func withheld(name string) bool {
	return withheldNames.have(name) || withheldBeginnings.begin(name) && !noIdentity.have(name)
}

func keptBack(name string) bool { return keptBackNames.have(name) || keptBackBeginnings.begin(name) }

func (w *wordsByFirst) have(name string) bool {
	return name != "" && slices.ContainsFunc(w[name[0]], func(word string) bool { return len(name) == len(word) && begins(name, word) })
}

func (w *wordsByFirst) begin(name string) bool {
	return name != "" && slices.ContainsFunc(w[name[0]], func(word string) bool { return begins(name, word) })
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
	if !strings.Contains(query, "token") && !strings.Contains(query, "%") {
		return query
	}
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

// clean takes out of an upstream's answer what only we may say to browsers and clients at our address.
func clean(h http.Header) {
	for name := range h {
		if keptBack(name) {
			delete(h, name)
		}
	}
}

// answerHeader is what the caller gets: what the gateway has said already wins over what an upstream says of the same name.
func answerHeader(h, from http.Header) {
	hop(from, from["Connection"])
	for name, values := range from {
		switch {
		case keptBack(name):
		case name == "Vary":
			h["Vary"] = append(append([]string{}, h["Vary"]...), values...)
		default:
			if _, ours := h[name]; !ours {
				h[name] = values
			}
		}
	}
	// RFC 9111 §3.5: no shared cache may keep what one caller got, unless the API says so.
	if _, said := h["Cache-Control"]; !said {
		h["Cache-Control"] = private
	}
}

var private = []string{"private"}
