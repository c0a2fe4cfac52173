package doctor

import (
	"fmt"
	"net/http"
	"strings"
)

var (
	redeems = append([]Family{Stock, Old}, discoverer...)

	tokenChecks = []Check{
		{
			ID: "token.errors", Looks: "A bad token request is answered 400, as JSON with error, and kept by nobody (RFC 6749 §5.2)",
			Concerns: redeems, Worst: Fails, Breaks: "Cannot read why it was refused, and shows its user something else.",
			Mend: "Let no proxy answer errors of this address itself.", see: tokenErrors,
		},
		{
			ID: "token.basic", Looks: "Wrong client credentials are answered 401 invalid_client with WWW-Authenticate: Basic (RFC 6749 §5.2)",
			Concerns: []Family{OIDC, Stock, Old}, Worst: Fails, Breaks: "Takes its password for right, or a cached one for the only one.",
			Mend: "Pass Authorization to Launchpad and WWW-Authenticate back; authenticate nobody in front of it.", see: tokenBasic,
		},
		{
			ID: "token.get", Looks: "GET is answered 405 (RFC 6749 §3.2)",
			Concerns: redeems, Worst: Stumbles, Breaks: "Gets a page for an answer, or sends secrets in an address without being told.",
			Mend: "Pass the method and the status on unchanged.", see: tokenGet,
		},
		{
			ID: "token.form", Looks: "A JSON body is refused with 4xx and an error that can be read (RFC 6749 §4.1.3)",
			Concerns: []Family{Stock, Connectors}, Worst: Stumbles, Breaks: "Is not told that a form was expected.",
			Mend: "Let no proxy answer errors of this address itself.", see: tokenForm,
		},
		{
			ID: "token.refresh-fault", Looks: "An unknown refresh token is refused with 4xx, never with 5xx",
			Concerns: agents, Worst: Fails, Breaks: "Takes server_error for a fault that passes and starts over again and again.",
			Mend: "Read the server's log for the trace in the answer.", see: tokenRefresh,
		},
		{
			ID: "token.error-uri", Looks: "The error_uri of an error leads to a page (RFC 6749 §5.2)",
			Concerns: []Family{Stock, Old}, Worst: Stumbles, Breaks: "Its developer finds no explanation.",
			Mend: "Pass /docs/ on to Launchpad.", see: tokenErrorURI,
		},
	}
)

// wrongBasic is nobody's credentials.
const wrongBasic = "ZG9jdG9yOm5vYm9keQ=="

// atToken makes a check that does not apply where no token endpoint is known.
func atToken(l *look, see func(address string) finding) finding {
	address, ok := l.endpoint("token_endpoint")
	if !ok {
		return without("no token_endpoint on %s", l.root(""))
	}
	return see(address)
}

func tokenErrors(l *look) finding {
	return atToken(l, func(address string) finding {
		a := l.post(address, "")
		if a.err != nil || a.status != http.StatusBadRequest || a.errorCode() == "" {
			return bad(a.String(), "400 application/json with error")
		}
		if control := a.header.Get("Cache-Control"); !strings.Contains(control, "no-store") {
			return bad(strings.TrimSpace("Cache-Control: "+control), "Cache-Control: no-store")
		}
		return good("400 %s", a.errorCode())
	})
}

// basicAnswer is what comes of wrong credentials.
func (l *look) basicAnswer(address string) *answer {
	return l.post(address, "grant_type=client_credentials", "Authorization: Basic "+wrongBasic)
}

func tokenBasic(l *look) finding {
	return atToken(l, func(address string) finding {
		a := l.basicAnswer(address)
		if a.err != nil || a.status != http.StatusUnauthorized || a.errorCode() != "invalid_client" {
			return bad(a.String()+" "+a.errorCode(), "401 application/json invalid_client")
		}
		if c := challenges(a); !c.speaks("basic") {
			return bad("WWW-Authenticate: "+c.String(), "WWW-Authenticate: Basic")
		}
		return good("401 invalid_client")
	})
}

func tokenGet(l *look) finding {
	return atToken(l, func(address string) finding {
		if a := l.get(address); a.err != nil || a.status != http.StatusMethodNotAllowed {
			return bad(a.String(), "405")
		}
		return good("405")
	})
}

func tokenForm(l *look) finding {
	return atToken(l, func(address string) finding {
		a := l.ask(question{method: http.MethodPost, url: address, headers: "Content-Type: application/json", body: `{"grant_type":"authorization_code"}`})
		if !a.refusal() || a.errorCode() == "" {
			return bad(a.String(), "4xx application/json with error")
		}
		return good("%d %s", a.status, a.errorCode())
	})
}

func tokenRefresh(l *look) finding {
	return atToken(l, func(address string) finding {
		a := l.post(address, "grant_type=refresh_token&refresh_token=doctor&client_id=doctor")
		if !a.refusal() {
			return bad(a.String(), "4xx")
		}
		return good("%d %s", a.status, a.errorCode())
	})
}

func tokenErrorURI(l *look) finding {
	return atToken(l, func(address string) finding {
		uri := l.post(address, "").document().text("error_uri")
		if uri == "" {
			return without("errors have no error_uri")
		}
		if !l.home(uri) {
			return bad(uri, "an address on "+l.root(""))
		}
		if a := l.get(uri); a.err != nil || a.status != http.StatusOK {
			return bad(fmt.Sprintf("%v at %s", a, uri), "200 with a page")
		}
		return good("%s", uri)
	})
}
