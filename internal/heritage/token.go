package heritage

import (
	"cmp"
	"errors"
	"net/http"
	"strings"

	"launchpad/internal/clientauth"
	"launchpad/internal/core"
	"launchpad/internal/mint"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// What a token request of draft 5 may say in another way than RFC 6749 §3.2 has it: its parameters may come in the address
// of a POST or by GET, grant_type may be missing, and the answer may be wanted as XML or as a form.

// token answers /oauth/token. inner is the room's own handler, which refuses what is older than it; usual is the format of old
// requests that ask for none.
func (d *Door) token(inner handler, usual web.Format) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		sent, err := read(r)
		if err != nil {
			return d.illegible(r, sent, usual, err)
		}
		if !showsAge(r, sent) {
			return d.Token.Serve(w, r, sent)
		}
		app, old, err := d.speaksDraft5(r.Context(), clientauth.Named(r.Header, sent))
		switch {
		case err != nil:
			return err
		case old:
			return d.tokenOfDraft5(w, r, sent, app, usual)
		case r.Method != http.MethodPost:
			return oauth.MethodNotAllowed(http.MethodPost)
		case r.URL.RawQuery != "":
			return inner(w, r)
		}
		return d.Token.Serve(w, r, sent)
	}
}

// read takes the parameters from wherever they are. The same one in two places is no repetition if they agree.
func read(r *http.Request) (oauth.Form, error) {
	var body oauth.Form
	var inBody error
	if r.Method == http.MethodPost {
		if body, inBody = oauth.ReadBody(r); r.URL.RawQuery == "" {
			return body, inBody
		}
	}
	query, inQuery := oauth.ReadQuery(r)
	sent, err := oauth.Agreed(query, body)
	return sent, cmp.Or(inBody, inQuery, err)
}

// illegible tells what could not be read in the words and the format of an app of draft 5, as far as the rest says that it is one.
func (d *Door) illegible(r *http.Request, sent oauth.Form, usual web.Format, broken error) error {
	_, old, err := d.speaksDraft5(r.Context(), clientauth.Named(r.Header, sent))
	if err != nil || !old {
		return broken
	}
	flow := flowOf(sent)
	return web.Told(inOldWords(broken, flow), formatOf(r.Header, sent, flow, usual))
}

// showsAge reports whether the request has anything that RFC 6749 does not know. Nearly none has, and this is all that the
// door costs them.
func showsAge(r *http.Request, sent oauth.Form) bool {
	return r.Method != http.MethodPost || r.URL.RawQuery != "" || !sent.Has("grant_type") || sent.Has("format") || accepted(r.Header) != web.JSON
}

// tokenOfDraft5 translates the request, and the answer back.
func (d *Door) tokenOfDraft5(w http.ResponseWriter, r *http.Request, sent oauth.Form, app core.App, usual web.Format) error {
	form, flow, err := tokenRequest(sent)
	format := formatOf(r.Header, sent, flow, usual)
	ways := oldWays(r, flow, format)
	for _, way := range ways {
		err = errors.Join(err, d.OldWays.Refusal(way))
	}
	var answer mint.Answer
	if err == nil {
		answer, err = d.Token.Answer(w, r, form)
	}
	if err != nil {
		return web.Told(inOldWords(err, flow), format)
	}
	// Now the app has proved itself, and it was really the app.
	for _, way := range ways {
		d.OldWays.Went(w.Header(), app.ID, way)
	}
	return format.Write(w, http.StatusOK, answer.Pairs())
}

// oldWays lists those that a request goes.
func oldWays(r *http.Request, f flow, format web.Format) (ways []core.OldWay) {
	if f != later || r.Method != http.MethodPost || format != web.JSON {
		ways = append(ways, core.OldDraft5)
	}
	if r.URL.RawQuery != "" {
		ways = append(ways, core.OldQueryCredentials)
	}
	return ways
}

// flow is what draft 5 calls a type. The empty one is none of its: the request speaks a later language.
type flow string

const (
	later     flow = ""
	webServer flow = "web_server"
	refresh   flow = "refresh"
)

// oldNames are those that only this room reads.
var oldNames = []string{"type", "secret_type", "format"}

// tokenRequest says in the words of RFC 6749 what was sent. grant_type wins where both are there: its sender has a library
// of a later draft.
func tokenRequest(sent oauth.Form) (form oauth.Form, f flow, err error) {
	f = flowOf(sent)
	if err := sent.Once(oldNames...); err != nil {
		return sent, f, err
	}
	// No other kind of secret than a bearer's was ever in use, and who asks for one must not be given less.
	if kind := sent.Get("secret_type"); kind != "" && kind != "bearer" {
		return sent, f, unsupportedSecret(kind)
	}
	switch f {
	case later:
		return sent, f, nil
	case webServer:
		return sent.With("grant_type", "authorization_code"), f, nil
	case refresh:
		return sent.With("grant_type", "refresh_token"), f, nil
	}
	return sent, f, oauth.InvalidRequest("type_unknown", "type must be web_server, refresh or refresh_token here; better, send grant_type").
		Got(oauth.Printable(string(f)), "web_server")
}

// flowOf tells a request without type by what it brings: the page of 2013 shows such ones.
func flowOf(sent oauth.Form) flow {
	kind := sent.Get("type")
	switch {
	case sent.Has("grant_type"):
		return later
	case kind == "refresh_token", kind == "" && !sent.Has("code") && sent.Has("refresh_token"):
		return refresh
	case kind == "" && sent.Has("code"):
		return webServer
	case kind == "":
		return later // nothing says what is wanted: the room behind the door asks for grant_type
	}
	return flow(kind)
}

func unsupportedSecret(kind string) *oauth.Error {
	e := oauth.InvalidRequest("secret_type_unsupported", "tokens with a secret of their own are not issued here; leave secret_type out").
		Got(oauth.Printable(kind), "no secret_type")
	e.Code = "unsupported_secret_type"
	return e
}

// formatOf is the format of the answer: what is wanted, or, where an old request wants nothing, what is usual.
func formatOf(h http.Header, sent oauth.Form, f flow, usual web.Format) web.Format {
	if f != later && !sent.Has("format") && takesAnything(h) {
		return usual
	}
	return wanted(h, sent)
}

// wanted: format says it, else Accept does; what we do not know is JSON.
func wanted(h http.Header, sent oauth.Form) web.Format {
	switch sent.Get("format") {
	case "":
		return accepted(h)
	case "xml":
		return web.XML
	case "form":
		return web.FormEncoded
	}
	return web.JSON
}

// takesAnything reports whether a request prefers no format: libraries without an opinion send no Accept, or that of their
// language's HTTP library.
func takesAnything(h http.Header) bool {
	lines := h["Accept"]
	return len(lines) == 0 || len(lines) == 1 && lines[0] == "*/*"
}

// accepted takes the first format that we know. "Anything" is JSON: a library of that age asked for anything, or else for
// XML, and its users read JSON.
func accepted(h http.Header) web.Format {
	lines := h["Accept"]
	if len(lines) == 0 {
		return web.JSON
	}
	for kind := range strings.SplitSeq(lines[0], ",") {
		kind, _, _ = strings.Cut(kind, ";")
		switch strings.ToLower(strings.TrimSpace(kind)) {
		case "*/*", "application/json":
			return web.JSON
		case "application/xml", "text/xml":
			return web.XML
		case "application/x-www-form-urlencoded":
			return web.FormEncoded
		}
	}
	return web.JSON
}
