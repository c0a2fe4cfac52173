package clientauth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/oauth"
)

// Finder looks an app up by its client_id: core.ErrNotFound, or a passing fault.
type Finder interface {
	ByClientID(ctx context.Context, clientID string) (core.App, error)
}

// Limits count who authenticates how often. Their errors are *oauth.Error.
type Limits interface {
	// App is asked about each request of an app that was authenticated.
	App(r *http.Request, app core.App) error
	// WrongSecret is told of each that was not, and gives the answer: the refusal, or that there were too many.
	WrongSecret(r *http.Request, clientID string, refusal *oauth.Error) error
	// SlowSecret is asked before a secret is compared that takes long, and the returned function takes the
	// count back: it was right, or could not be compared.
	SlowSecret(r *http.Request) (takeBack func(), err error)
}

// Authenticator authenticates apps.
type Authenticator struct {
	apps   Finder
	limits Limits
	saw    func(secret core.ID)
	slow   *slowSecrets
}

// New makes an authenticator; it tells which secrets it saw in use, and is not to be kept waiting. Secrets that take long
// to compare wait at the gate.
func New(apps Finder, limits Limits, gate *secret.Gate, saw func(secret core.ID)) *Authenticator {
	return &Authenticator{apps, limits, saw, newSlowSecrets(gate)}
}

// Parameters that client authentication reads from a form; endpoints refuse them if repeated.
var Parameters = []string{"client_id", "client_secret", "client_assertion", "client_assertion_type"}

// Methods as metadata names them. RFC 8414 §2.
var Methods = []string{"client_secret_basic", "client_secret_post", "none"}

// credentials is what a request presents. Basic may be form-encoded or not (RFC 6749 §2.3.1 wants it encoded,
// half of the clients do not), so a secret can have two readings.
type credentials struct {
	clientID string
	secrets  []string
	method   string
}

// Authenticate finds the app and proves it. RFC 6749 §2.3. Its errors are *oauth.Error.
func (a *Authenticator) Authenticate(r *http.Request, form oauth.Form) (core.App, error) {
	c, err := read(r.Header, form)
	if err != nil {
		return core.App{}, err
	}
	app, err := a.find(r.Context(), c.clientID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		// The same work and the same words as for a wrong secret: which of the two it was is for the log, but not the
		// id itself. People swap the two fields, and then it is a secret.
		c.matches([]core.AppSecret{{}})
		return core.App{}, a.limits.WrongSecret(r, c.clientID, failed().Because(fmt.Errorf("unknown client_id of %d characters", len(c.clientID))))
	case err != nil:
		return core.App{}, oauth.Unavailable(fmt.Errorf("load app: %w", err))
	}
	used, refusal := c.prove(app)
	if refusal != nil && c.method != "none" {
		var err error
		if used, err = a.proveSlowly(r, c, app); err != nil {
			return core.App{}, err
		}
		if !used.Zero() {
			refusal = nil
		}
	}
	if refusal != nil {
		return core.App{}, a.limits.WrongSecret(r, c.clientID, refusal)
	}
	if !used.Zero() {
		a.saw(used)
	}
	return app, a.limits.App(r, app)
}

// find keeps away from the store what no column can hold: Basic carries any bytes.
func (a *Authenticator) find(ctx context.Context, clientID string) (core.App, error) {
	if !utf8.ValidString(clientID) || strings.IndexByte(clientID, 0) >= 0 {
		return core.App{}, core.ErrNotFound
	}
	return a.apps.ByClientID(ctx, clientID)
}

// Presented reports whether the request carries client credentials at all. A token in the header is none.
func Presented(r *http.Request, form oauth.Form) bool {
	for _, line := range r.Header["Authorization"] {
		if scheme, _, _ := strings.Cut(line, " "); !strings.EqualFold(scheme, "Bearer") {
			return true
		}
	}
	return form.Has("client_id") || form.Has("client_secret") || form.Has("client_assertion")
}

// Named is the client_id that a request gives, unproved; "" if it gives none.
func Named(h http.Header, form oauth.Form) string {
	if basic, presented, err := readBasic(h); presented && err == nil {
		return basic.clientID
	}
	return form.Get("client_id")
}

func read(h http.Header, form oauth.Form) (credentials, error) {
	if assertion := form.Has("client_assertion") || form.Has("client_assertion_type"); assertion && len(h["Authorization"]) == 0 && !form.Has("client_secret") {
		return credentials{}, oauth.InvalidClient("client_assertion_unsupported", "client assertions are not supported here; use HTTP Basic or client_secret")
	}
	basic, presented, err := readBasic(h)
	if err != nil {
		return credentials{}, err
	}
	id, body := form.Get("client_id"), form.Get("client_secret")
	switch {
	case presented && body != "", form.Has("client_assertion"), form.Has("client_assertion_type"):
		// RFC 6749 §2.3: the client MUST NOT use more than one authentication method in each request.
		return credentials{}, oauth.InvalidRequest("two_client_authentications", "the client authenticated twice, for example by HTTP Basic and by client_secret in the body; use one of them").
			Got("two methods", "one method")
	case presented && id != "" && id != basic.clientID:
		return credentials{}, oauth.InvalidRequest("client_id_mismatch", "client_id in the body and in HTTP Basic name different apps")
	case presented:
		return basic, nil
	case id == "":
		return credentials{}, oauth.InvalidClient("client_authentication_missing", "no client authentication came along; send client_id and client_secret by HTTP Basic or in the body")
	case body == "":
		return credentials{clientID: id, method: "none"}, nil
	}
	return credentials{clientID: id, secrets: []string{body}, method: "client_secret_post"}, nil
}

func readBasic(h http.Header) (c credentials, presented bool, err error) {
	lines := h["Authorization"]
	if len(lines) == 0 {
		return c, false, nil
	}
	if len(lines) > 1 {
		return c, false, oauth.InvalidRequest("two_credentials", "the Authorization header was sent more than once; send one")
	}
	scheme, encoded, _ := strings.Cut(lines[0], " ")
	if !strings.EqualFold(scheme, "Basic") {
		return c, false, oauth.InvalidClient("client_authentication_scheme", "the client must authenticate by HTTP Basic or in the body, not by this Authorization scheme")
	}
	raw, err := base64.StdEncoding.DecodeString(encoded)
	id, password, found := strings.Cut(string(raw), ":")
	if err != nil || !found {
		return c, false, oauth.InvalidClient("client_authentication_malformed", "the Authorization header is not valid HTTP Basic: it must be base64 of client_id:client_secret")
	}
	return fromBasic(id, password), true, nil
}

func fromBasic(id, password string) credentials {
	c := credentials{clientID: formDecoded(id), method: "client_secret_basic"}
	if password == "" {
		// Some libraries put a public client into Basic with an empty password.
		c.method = "none"
		return c
	}
	c.secrets = []string{password}
	if decoded := formDecoded(password); decoded != password {
		c.secrets = append(c.secrets, decoded)
	}
	return c
}

func formDecoded(s string) string {
	if decoded, err := url.QueryUnescape(s); err == nil {
		return decoded
	}
	return s
}

// prove: a confidential app must show a live secret, whatever the endpoint and the grant, and which one is told; a
// public one need not, and PKCE or the refresh token stand in. One that came from another server may have a secret all the
// same, which everybody who has the app can read: it may be sent, if it is the right one, and proves nothing.
func (c credentials) prove(app core.App) (used core.ID, refusal *oauth.Error) {
	switch {
	case !app.Confidential() && c.method == "none":
		return core.ID{}, nil
	case !app.Confidential() && len(app.Secrets) == 0:
		return core.ID{}, failed().Because(errors.New("a public app presented a secret"))
	case c.method == "none":
		return core.ID{}, oauth.InvalidClient("client_secret_missing", "this app must authenticate: send its client_secret by HTTP Basic or in the body")
	}
	if used, ok := c.matches(app.Secrets); ok {
		return used, nil
	}
	return core.ID{}, failed().Because(fmt.Errorf("wrong secret for %s", app.ClientID))
}

// matches compares with every secret, so that the time tells nobody which one it was.
func (c credentials) matches(stored []core.AppSecret) (used core.ID, found bool) {
	for _, presented := range c.secrets {
		for _, s := range stored {
			if secret.Matches(presented, s.Digest) {
				used, found = s.ID, true
			}
		}
	}
	return used, found
}

func failed() *oauth.Error {
	return oauth.InvalidClient("client_authentication_failed", "the client_id is unknown or the client_secret is wrong; compare both with the app's page in the portal")
}
