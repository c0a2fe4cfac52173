package doctor

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
)

var proxyChecks = []Check{
	{
		ID: "proxy.long-header", Looks: "An Authorization of 12 KiB gets through",
		Concerns: append([]Family{Stock}, agents...), Worst: Stumbles, Breaks: "Has a long token, and is refused before anybody has looked at it.",
		Mend: "Raise the limit of the header in front (nginx: large_client_header_buffers 4 32k).", see: longHeader,
	},
	{
		ID: "proxy.long-query", Looks: "An authorization request of 6 KiB gets through",
		Concerns: append([]Family{OIDC, Stock, People}, agents...), Worst: Stumbles, Breaks: "Asks with a long state or many scopes, and is refused before anybody has looked at it.",
		Mend: "Raise the limit of the address in front (nginx: large_client_header_buffers 4 32k).", see: longQuery,
	},
	{
		ID: "proxy.forwarded", Looks: "Forged X-Forwarded headers change no page, no redirect and no cookie",
		Concerns: []Family{People}, Worst: Fails, Breaks: "Is led to a forged host, or is given cookies without Secure.",
		Mend: "Let the outermost proxy overwrite every X-Forwarded header and Forwarded; list only proxies under proxies.", see: forwarded,
	},
	{
		ID: "proxy.rewrite-headers", Looks: "X-Original-URL and X-Rewrite-URL lead to no other address",
		Concerns: []Family{People, Verifiers}, Worst: Fails, Breaks: "Rules about paths in front can be gone around by anybody.",
		Mend: "Remove both headers in front.", see: rewriteHeaders,
	},
	{
		ID: "proxy.private-paths", Looks: "Metrics and profiles are not served to the world (GW17)",
		Concerns: []Family{People, Verifiers}, Worst: Fails, Breaks: "Anybody reads how the server is doing, and what is in its memory.",
		Mend: "Serve them at an address of their own, on loopback.", see: privatePaths,
	},
	{
		ID: "proxy.header-case", Looks: "Names of headers and of the Basic scheme mean the same in lower case (RFC 9110 §5.1, §11.1)",
		Concerns: []Family{Stock, Old, TypeScript}, Worst: Fails, Breaks: "Sends them in lower case, and is taken for nobody.",
		Mend: "Compare names of headers without their case in front.", see: headerCase,
	},
	{
		ID: "proxy.redirects", Looks: "No address for programs is redirected",
		Concerns: append([]Family{Stock, Old}, agents...), Worst: Fails, Breaks: "Follows no redirect of a POST, or repeats it as GET without its body.",
		Mend: "Add or remove no slash at the end, no www and no https by redirect at these addresses.", see: noRedirects,
	},
	{
		ID: "proxy.other-host", Looks: "Redirects of pages stay on the issuer's origin",
		Concerns: []Family{People}, Worst: Fails, Breaks: "Ends at an internal name or at http://, and loses its session.",
		Mend: "Let the proxy pass Host and tell https by X-Forwarded-Proto; rewrite no Location.", see: otherHost,
	},
	{
		ID: "proxy.expect", Looks: "Expect: 100-continue is answered like the request without it (RFC 9110 §10.1.1)",
		Concerns: []Family{Stock, Old}, Worst: Stumbles, Breaks: "Waits for a 100 that never comes, or is refused with 417 (curl, .NET, PHP).",
		Mend: "Speak HTTP/1.1 behind the proxy, and pass Expect on or answer it.", see: expectContinue,
	},
	{
		ID: "proxy.chunked", Looks: "A token request without Content-Length is answered like one with it (RFC 9112 §7.1)",
		Concerns: []Family{Stock, OIDC}, Worst: Stumbles, Breaks: "Sends its form in chunks, and is refused with 411 or read as if it were empty.",
		Mend: "Buffer requests in front, or pass chunks on.", see: chunks,
	},
	{
		ID: "proxy.cookies", Looks: "Answers for programs set no cookies",
		Concerns: append([]Family{Stock}, discoverer...), Worst: Stumbles, Breaks: "Sends them back or not, and what keeps public answers may keep none, or somebody else's.",
		Mend: "Let the load balancer balance these addresses without cookies of its own; no state is kept in a node.", see: noCookies,
	},
	{
		ID: "proxy.html-errors", Looks: "A request that is too large is refused as JSON, not by a page of the proxy",
		Concerns: append([]Family{Stock}, agents...), Worst: Stumbles, Breaks: "Shows its user a parse error instead of the reason.",
		Mend: "Let the limit of bodies in front be above 64 KiB (nginx: client_max_body_size 1m), and intercept no errors.", see: htmlErrors,
	},
	{
		ID: "proxy.user-agents", Looks: "Programs are answered whatever their User-Agent says",
		Concerns: programs, Worst: Fails, Breaks: "Is taken for a bot and gets a challenge for browsers.",
		Mend: "Take /oauth/, /.well-known/ and the APIs out of bot protection.", see: userAgents,
	},
}

func longHeader(l *look) finding {
	token := strings.Repeat("doctor00", 12<<10/8) // 12 KiB, as JWTs with many groups are
	address, like := l.spellings()[0], l.firstMetadata()
	if len(l.o.APIs) > 0 {
		address, like = l.o.APIs[0], l.get(l.o.APIs[0], "Authorization: Bearer doctor")
	}
	if a := l.get(address, "Authorization: Bearer "+token); !a.alike(like) {
		return bad(a.String()+" at "+address, like.String()+", as with a short one")
	}
	return good("%d bytes", len(token))
}

// alike: answers of the same kind.
func (a *answer) alike(b *answer) bool {
	if a.err != nil || b.err != nil {
		return a.err != nil && b.err != nil
	}
	return a.status == b.status && a.kind() == b.kind()
}

func longQuery(l *look) finding {
	more := "&nonce=" + strings.Repeat("doctor00", 6<<10/8) // makes the address 6 KiB long
	return atAuthorize(l, func(address string, page *answer) finding {
		if a := l.get(authorizeURL(address, elsewhere, more)); !a.alike(page) {
			return bad(a.String(), page.String()+", as with a short one")
		}
		return good("%d bytes", len(authorizeURL(address, elsewhere, more)))
	})
}

// forgedAddress is for documents (RFC 5737 §3): nobody has it.
const forgedAddress = "203.0.113.77"

var forgedHeaders = []string{
	"X-Forwarded-For: " + forgedAddress, "X-Real-IP: " + forgedAddress, "X-Forwarded-Host: " + forged, "X-Forwarded-Proto: http", "X-Forwarded-Port: 80", "X-Forwarded-Prefix: /" + forged,
	"Forwarded: for=" + forgedAddress + ";host=" + forged + ";proto=http",
}

func forwarded(l *look) finding {
	return atAuthorize(l, func(address string, page *answer) finding {
		for _, at := range []string{authorizeURL(address, elsewhere+"/forwarded", ""), l.root("/"), l.root("/oauth/applications")} {
			honest, a := l.get(at), l.get(at, forgedHeaders...)
			for _, text := range []string{forgedAddress, "//" + forged, "/" + forged + "/"} {
				if a.err == nil && a.tells(text) && !honest.tells(text) {
					return bad(text+" comes back from "+at, "forged headers to change nothing")
				}
			}
			if !a.alike(honest) || a.location() != honest.location() || secureCookies(a) < secureCookies(honest) {
				return bad(a.String()+" at "+at+" with forged headers", honest.String()+", as without")
			}
		}
		return good("forged headers change nothing")
	})
}

func secureCookies(a *answer) int {
	n := 0
	for _, line := range a.header.Values("Set-Cookie") {
		if c, err := http.ParseSetCookie(line); err == nil && c.Secure {
			n++
		}
	}
	return n
}

func rewriteHeaders(l *look) finding {
	a := l.get(l.spellings()[0], "X-Original-URL: /signin", "X-Rewrite-URL: /signin")
	if !a.alike(l.firstMetadata()) || !bytes.Equal(a.body, l.firstMetadata().body) {
		return bad(a.String()+" with X-Original-URL", l.firstMetadata().String()+", as without")
	}
	return good("they change nothing")
}

func privatePaths(l *look) finding {
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/vars"} {
		if a := l.get(l.root(path)); a.err == nil && a.status == http.StatusOK {
			return bad(a.String()+" at "+path, "404")
		}
	}
	return good("not there")
}

func headerCase(l *look) finding {
	return atToken(l, func(address string) finding {
		like := l.basicAnswer(address)
		a := l.ask(question{
			method: http.MethodPost, url: address, body: "grant_type=client_credentials",
			headers: "content-type: application/x-www-form-urlencoded\nauthorization: basic " + wrongBasic,
		})
		if !a.alike(like) || a.errorCode() != like.errorCode() {
			return bad(a.String()+" "+a.errorCode(), like.String()+" "+like.errorCode()+", as with capitals")
		}
		return good("%s", strings.TrimSpace(a.String()+" "+a.errorCode()))
	})
}

func noRedirects(l *look) finding {
	seen := 0
	for _, name := range []string{"token_endpoint", "revocation_endpoint", "introspection_endpoint"} {
		address, ok := l.endpoint(name)
		if !ok {
			continue
		}
		seen++
		if a := l.post(address, ""); a.redirect() {
			return bad(a.String()+" at "+address, "an answer in place")
		}
	}
	for _, address := range append(l.spellings(), l.o.APIs...) {
		seen++
		if a := l.get(address); a.redirect() {
			return bad(a.String()+" at "+address, "an answer in place")
		}
	}
	return good("%d addresses", seen)
}

func otherHost(l *look) finding {
	list := []string{l.root("/"), l.root("/oauth/applications"), l.root("/oauth/applications/"), l.root("/docs/")}
	for _, address := range list {
		a := l.get(address)
		if a.location() == "" {
			continue
		}
		from, _ := url.Parse(address)
		if to, err := from.Parse(a.location()); err != nil || !l.home(to.String()) {
			return bad(a.String()+" at "+address, "an address on "+l.root(""))
		}
	}
	return good("%d pages", len(list))
}

func expectContinue(l *look) finding {
	return atToken(l, func(address string) finding {
		const form = "grant_type=refresh_token&refresh_token=doctor&client_id=doctor"
		like, a := l.post(address, form), l.post(address, form, "Expect: 100-continue")
		if !a.alike(like) {
			return bad(a.String()+" with Expect", like.String()+", as without")
		}
		return good("%v", a)
	})
}

func chunks(l *look) finding {
	return atToken(l, func(address string) finding {
		const form = "grant_type=refresh_token&refresh_token=doctor&client_id=doctor"
		like := l.post(address, form)
		a := l.ask(question{method: http.MethodPost, url: address, headers: "Content-Type: application/x-www-form-urlencoded", body: form, chunked: true})
		if !a.alike(like) || a.errorCode() != like.errorCode() {
			return bad(a.String()+" "+a.errorCode(), like.String()+" "+like.errorCode()+", as with Content-Length")
		}
		return good("%v", a)
	})
}

func noCookies(l *look) finding {
	list := l.everywhere()
	for _, address := range list {
		if at, _ := l.endpoint("authorization_endpoint"); address == at {
			continue // a page
		}
		if a := l.get(address); a.err == nil && a.header.Get("Set-Cookie") != "" {
			name, _, _ := strings.Cut(a.header.Get("Set-Cookie"), "=")
			return bad("Set-Cookie: "+name+" at "+address, "none")
		}
	}
	return good("none is set")
}

func htmlErrors(l *look) finding {
	// Above what Launchpad reads and below what proxies should mind. It is announced and not sent, because whoever refuses
	// it need not read it.
	form := "doctor=" + strings.Repeat("doctor00", 96<<10/8)
	return atToken(l, func(address string) finding {
		a := l.post(address, form, "Expect: 100-continue")
		if !a.refusal() || a.errorCode() == "" {
			return bad(a.String()+" to 96 KiB", "4xx application/json with error")
		}
		return good("%v", a)
	})
}

func userAgents(l *look) finding {
	list := []string{"node", "python-httpx/0.28.1", "python-requests/2.32.3", "Go-http-client/1.1", "Ruby", "Java/21", "curl/8.5.0", "Claude-User", ""}
	for _, agent := range list {
		for _, address := range append([]string{l.spellings()[0]}, l.o.APIs...) {
			like, a := l.get(address), l.get(address, "User-Agent: "+agent)
			if !a.alike(like) {
				return bad(a.String()+" to User-Agent: "+orAbsent(agent)+" at "+address, like.String())
			}
		}
	}
	return good("%d kinds of program", len(list))
}
