package doctor

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

var authorizeChecks = []Check{
	{
		ID: "authorize.unknown-client", Looks: "An unknown client_id is told to the person on a page and redirects nobody (RFC 6749 §4.1.2.1)",
		Concerns: []Family{People}, Worst: Fails, Breaks: "Follows a link of this server to anybody's site.",
		Mend: "Pass the authorization endpoint on unchanged; let no proxy redirect it.", see: authorizeUnknown,
	},
	{
		ID: "authorize.framing", Looks: "No other site may frame the page (RFC 9700 §4.16)",
		Concerns: []Family{People}, Worst: Fails, Breaks: "Clicks Allow on a page that another site has laid over it.",
		Mend: "Pass Content-Security-Policy and X-Frame-Options on unchanged.", see: authorizeFraming,
	},
	{
		ID: "authorize.third-parties", Looks: "The page loads nothing from other sites",
		Concerns: []Family{People}, Worst: Stumbles, Breaks: "Is seen by a third party while signing in; the page's own policy blocks what was put in.",
		Mend: "Let no proxy inject scripts, fonts or analytics.", see: authorizeThirdParties,
	},
	{
		ID: "authorize.cookies", Looks: "Its cookies are Secure and HttpOnly (RFC 6265 §5.2)",
		Concerns: []Family{People}, Worst: Fails, Breaks: "Sends the session in the clear, or shows it to scripts.",
		Mend: "Set issuer to the https:// address; let no proxy rewrite cookies.", see: authorizeCookies,
	},
	{
		ID: "authorize.loopback-redirect", Looks: "A redirect_uri on loopback, or of a private-use scheme, is answered like any other (RFC 8252 §7)",
		Concerns: []Family{Desktop}, Worst: Fails, Breaks: "Is stopped by a firewall that takes http://localhost in a query for an attack.",
		Mend: "Take the authorization endpoint out of the firewall's rules against localhost and unknown schemes in queries.", see: authorizeLoopback,
	},
	{
		ID: "authorize.state", Looks: "state comes back unchanged in a refusal (RFC 6749 §4.1.2.1)",
		Concerns: programs, Worst: Fails, Breaks: "Takes the answer for forged and drops it.",
		Mend: "Let no proxy decode or normalise queries.", see: authorizeState,
	},
	{
		ID: "authorize.iss", Looks: "The redirect of a refusal carries iss, equal to the issuer (RFC 9207 §2)",
		Concerns: append(slices.Clone(agents), OIDC), Worst: Fails, Breaks: "Takes the answer for another server's and drops it.",
		Mend: "Set issuer to the address that clients use.", see: authorizeIss,
	},
	{
		ID: "authorize.exact-redirect", Looks: "A redirect_uri that only begins like a registered one is refused on a page (RFC 9700 §2.1)",
		Concerns: []Family{People}, Worst: Fails, Breaks: "Has codes sent to where the app is not.",
		Mend: "Let no proxy answer or rewrite the authorization endpoint.", see: authorizeExact,
	},
}

// authorizeURL is a request that nobody can allow: nobody has this client_id.
func authorizeURL(address, redirect, more string) string {
	return address + "?" + url.Values{
		"response_type": {"code"}, "client_id": {"doctor"}, "redirect_uri": {redirect}, "state": {"doctor"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
	}.Encode() + more
}

// elsewhere is where no answer may go.
const elsewhere = "https://" + forged + "/callback"

// atAuthorize makes a check of the page for an unknown client.
func atAuthorize(l *look, see func(address string, page *answer) finding) finding {
	address, ok := l.endpoint("authorization_endpoint")
	if !ok {
		return without("no authorization_endpoint on %s", l.root(""))
	}
	return see(address, l.get(authorizeURL(address, elsewhere, "")))
}

func authorizeUnknown(l *look) finding {
	return atAuthorize(l, func(_ string, page *answer) finding {
		if !page.refusal() || !page.page() {
			return bad(page.String(), "4xx with a page, no redirect")
		}
		return good("%d, a page", page.status)
	})
}

var frameAncestors = pattern(`(?:^|;)\s*frame-ancestors\s+'(?:none|self)'\s*(?:;|$)`)

func authorizeFraming(l *look) finding {
	return atAuthorize(l, func(_ string, page *answer) finding {
		if page.err != nil {
			return without("no page")
		}
		if !slices.ContainsFunc(page.header.Values("Content-Security-Policy"), frameAncestors().MatchString) {
			return bad("no frame-ancestors in Content-Security-Policy", "frame-ancestors 'none'")
		}
		return good("frame-ancestors")
	})
}

// loads finds what a page loads from an address with a host.
var loads = pattern(`(?is)<(?:script|link|img|iframe|source|video|audio|embed|object|input)\b[^>]*?\b(?:src|href|data|srcset)\s*=\s*["']?((?:https?:)?//[^"'\s>]+)`)

func authorizeThirdParties(l *look) finding {
	return atAuthorize(l, func(_ string, page *answer) finding {
		if !page.page() {
			return without("no page")
		}
		for _, m := range loads().FindAllSubmatch(page.body, -1) {
			u, err := l.issuer.Parse(string(m[1]))
			if err != nil || !l.home(u.String()) {
				return bad(string(m[1]), "addresses on "+l.root(""))
			}
		}
		return good("nothing from elsewhere")
	})
}

func authorizeCookies(l *look) finding {
	return atAuthorize(l, func(_ string, page *answer) finding {
		if !l.secure() {
			return without("the issuer is not https")
		}
		lines := page.header.Values("Set-Cookie")
		for _, line := range lines {
			if c, err := http.ParseSetCookie(line); err != nil || !c.Secure || !c.HttpOnly {
				name, _, _ := strings.Cut(line, "=")
				_, attributes, _ := strings.Cut(line, ";")
				return bad(name+":"+attributes, "Secure; HttpOnly")
			}
		}
		return good("%d, as they should be", len(lines))
	})
}

func authorizeLoopback(l *look) finding {
	return atAuthorize(l, func(address string, page *answer) finding {
		for _, redirect := range []string{"http://localhost:8787/callback", "http://127.0.0.1:33418/", "http://[::1]:33418/", "doctor-editor://callback"} {
			a := l.get(authorizeURL(address, redirect, ""))
			if a.err != nil || a.status != page.status || !a.page() {
				return bad(a.String()+" for redirect_uri="+redirect, "the same page as for others, "+page.String())
			}
		}
		return good("%d, a page", page.status)
	})
}

// oddState has what queries escape, and what proxies like to undo.
const oddState = `d.~_-%2F+ &=é"'/?`

// refusedRedirect asks for what no server can give, in the name of the app that is known.
func refusedRedirect(l *look, see func(query url.Values) finding) finding {
	address, ok := l.endpoint("authorization_endpoint")
	if l.o.ClientID == "" || !ok {
		return without("needs --client-id and --redirect-uri")
	}
	a := l.get(address + "?" + url.Values{"response_type": {"doctor"}, "client_id": {l.o.ClientID}, "redirect_uri": {l.o.RedirectURI}, "state": {oddState}}.Encode())
	to, err := url.Parse(a.location())
	if !a.redirect() || err != nil || !strings.HasPrefix(a.location(), l.o.RedirectURI) || to.Query().Get("error") == "" {
		return without("the app was not told of a response_type that nobody has: %v", a)
	}
	return see(to.Query())
}

// location is where an answer leads.
func (a *answer) location() string {
	if a.err != nil {
		return ""
	}
	return a.header.Get("Location")
}

func authorizeState(l *look) finding {
	return refusedRedirect(l, func(query url.Values) finding {
		if query.Get("state") != oddState {
			return bad(query.Get("state"), oddState)
		}
		return good("unchanged")
	})
}

func authorizeIss(l *look) finding {
	return refusedRedirect(l, func(query url.Values) finding {
		if query.Get("iss") != l.o.Issuer {
			return bad("iss="+query.Get("iss"), "iss="+l.o.Issuer)
		}
		return good("iss=%s", l.o.Issuer)
	})
}

func authorizeExact(l *look) finding {
	address, ok := l.endpoint("authorization_endpoint")
	if l.o.ClientID == "" || !ok {
		return without("needs --client-id and --redirect-uri")
	}
	longer := l.o.RedirectURI + "/doctor"
	a := l.get(address + "?" + url.Values{"response_type": {"code"}, "client_id": {l.o.ClientID}, "redirect_uri": {longer}}.Encode())
	if !a.refusal() {
		return bad(a.String()+" for redirect_uri="+longer, "4xx with a page, no redirect")
	}
	return good("%d, a page", a.status)
}
