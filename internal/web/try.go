package web

import (
	"net/url"
	"strings"

	"launchpad/internal/core"
)

// Step is something to do by hand: what it is for, by its message, and the text to copy.
type Step struct{ ID, Words, Text string }

// NeedsSwitch reports whether nothing works by hand before an operator has switched it on.
func (p App) NeedsSwitch() bool {
	return p.App.Kind == core.KindMachine && !p.App.ClientCredentials
}

// Steps are the whole flow by hand, as this app has to do it, in a POSIX shell with curl and openssl.
func (p App) Steps() []Step {
	var steps []Step
	switch {
	case p.App.Kind == core.KindMachine:
		steps = []Step{{"try-token", "app.try_machine", p.curl("grant_type=client_credentials")}}
	case p.App.Profile.Rules().PKCE:
		steps = []Step{
			{"try-pkce", "app.try_pkce", pkce},
			// In double quotes, so that the shell puts the fingerprint in; an encoded address has nothing else for it.
			{"try-open", "app.try_print", `echo "` + p.authorizeURL() + `&code_challenge=$CHALLENGE&code_challenge_method=S256"`},
			{"try-token", "app.try_trade", p.trade() + ` \
  -d code_verifier="$VERIFIER"`},
		}
	default:
		steps = []Step{{"try-open", "app.try_open", p.authorizeURL()}, {"try-token", "app.try_trade", p.trade()}}
	}
	if p.API != "" {
		steps = append(steps, Step{"try-call", "app.try_call", `curl -H "Authorization: Bearer $TOKEN" ` + quoted(p.API)})
	}
	return steps
}

// RFC 7636 §4.1 and §4.2: base64url without padding.
const pkce = `VERIFIER=$(openssl rand -base64 48 | tr '+/' '-_' | tr -d '=\n')
CHALLENGE=$(printf %s "$VERIFIER" | openssl dgst -sha256 -binary | openssl base64 | tr '+/' '-_' | tr -d '=\n')`

func (p App) authorizeURL() string {
	address := p.Issuer + "/oauth/authorize?response_type=code&client_id=" + url.QueryEscape(p.App.ClientID)
	if len(p.App.RedirectURIs) > 0 {
		address += "&redirect_uri=" + readable.Replace(url.QueryEscape(p.App.RedirectURIs[0]))
	}
	return address
}

// readable takes back what a query does not need to have encoded. RFC 3986 §3.4.
var readable = strings.NewReplacer("%3A", ":", "%2F", "/")

func (p App) trade() string {
	command := p.curl("grant_type=authorization_code") + ` -d code="$CODE"`
	if len(p.App.RedirectURIs) > 0 {
		command += ` \
  --data-urlencode redirect_uri=` + quoted(p.App.RedirectURIs[0])
	}
	return command
}

func (p App) curl(grant string) string {
	who := `-u ` + p.App.ClientID + `:"$CLIENT_SECRET"`
	if !p.App.Confidential() {
		who = `-d client_id=` + p.App.ClientID
	}
	return "curl " + p.Issuer + "/oauth/token" + ` \
  ` + who + ` \
  -d ` + grant
}

// quoted makes one word of a shell out of any text.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
