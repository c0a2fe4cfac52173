package drive

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"launchpad/oauth"
)

// patience is how long a request may take.
const patience = 10 * time.Second

// bodyLimit bounds what is read of an answer.
const bodyLimit = 1 << 20

// Client speaks for apps.
type Client struct {
	issuer string
	http   *http.Client
}

// NewClient makes a client with connections of its own.
func NewClient(issuer string) *Client {
	return &Client{issuer: issuer, http: newHTTP()}
}

// newHTTP never follows a redirect: each step is a request that somebody wants to know the answer of.
func newHTTP() *http.Client {
	return &http.Client{
		Timeout:       patience,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close drops the connections, which are of no use after the server's death.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Answer is what a program was told.
type Answer struct {
	Status  int    `json:"-"`
	Account string `json:"-"` // which account an API call was about
	Later   bool   `json:"-"` // it says when to try again

	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	Scope   string `json:"scope"`

	Active   bool   `json:"active"`
	ClientID string `json:"client_id"`
	Subject  string `json:"sub"`
	ID       string `json:"jti"`

	Code string `json:"error"`
	URI  string `json:"error_uri"` // ends in the slug, which says more than the code
}

// OK reports a 200.
func (a Answer) OK() bool { return a.Status == http.StatusOK }

// InvalidGrant reports the token endpoint's refusal of a code or refresh token. RFC 6749 §5.2.
func (a Answer) InvalidGrant() bool {
	return a.Status == http.StatusBadRequest && a.Code == "invalid_grant"
}

// Passing reports a refusal that says nothing about what was asked for, only that it cannot be answered right now.
func (a Answer) Passing() bool { return a.Status == http.StatusServiceUnavailable && a.Later }

func (a Answer) String() string {
	if a.Code == "" {
		return fmt.Sprintf("%d", a.Status)
	}
	return fmt.Sprintf("%d %s (%s)", a.Status, a.Code, a.URI[strings.LastIndex(a.URI, "/")+1:])
}

// Verifier is the PKCE verifier of every authorization request; secrecy does not matter here.
const Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

// Redeem trades a code.
func (c *Client) Redeem(app App, code string) (Answer, error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {app.RedirectURIs[0]}}
	if !app.Confidential() {
		form.Set("code_verifier", Verifier)
	}
	return c.post("/oauth/token", app, form)
}

// Refresh trades a refresh token.
func (c *Client) Refresh(app App, token string) (Answer, error) {
	return c.post("/oauth/token", app, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

// Issue gets a token for the app itself.
func (c *Client) Issue(app App) (Answer, error) {
	return c.post("/oauth/token", app, url.Values{"grant_type": {"client_credentials"}})
}

// Revoke ends a token. Without an app (the zero one), possession alone speaks.
func (c *Client) Revoke(app App, token string) (Answer, error) {
	return c.post("/oauth/revoke", app, url.Values{"token": {token}})
}

// Introspect asks about a token.
func (c *Client) Introspect(app App, token string) (Answer, error) {
	return c.post("/oauth/introspect", app, url.Values{"token": {token}})
}

func (c *Client) post(path string, app App, form url.Values) (Answer, error) {
	if !app.Confidential() && app.ClientID != "" {
		form.Set("client_id", app.ClientID)
	}
	r, err := http.NewRequest("POST", c.issuer+path, strings.NewReader(form.Encode()))
	if err != nil {
		return Answer{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if app.Confidential() {
		r.SetBasicAuth(app.ClientID, app.Secret)
	}
	return c.do(r)
}

// Ready asks a node whether it can do its work.
func (c *Client) Ready() (Answer, error) {
	r, err := http.NewRequest("GET", c.issuer+"/readyz", nil)
	if err != nil {
		return Answer{}, err
	}
	return c.do(r)
}

// Call calls the sample API, about an account if one is named.
func (c *Client) Call(token, account string) (Answer, error) {
	r, err := http.NewRequest("GET", c.issuer+"/v3/dashboards", nil)
	if err != nil {
		return Answer{}, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if account != "" {
		r.Header.Set("Launchpad-Account", account)
	}
	return c.do(r)
}

func (c *Client) do(r *http.Request) (Answer, error) {
	res, err := c.http.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, bodyLimit))
	if err != nil {
		return Answer{}, err // a cut answer is no answer: the client does not have its tokens
	}
	a := Answer{Status: res.StatusCode, Account: res.Header.Get("Launchpad-Account"), Later: res.Header.Get("Retry-After") != ""}
	if err := json.Unmarshal(body, &a); err != nil {
		return a, fmt.Errorf("%s %s: %d without JSON: %w", r.Method, r.URL.Path, res.StatusCode, err)
	}
	return a, nil
}

// AuthorizationRequest is the address that an app sends the person's browser to.
func (a App) AuthorizationRequest(extra url.Values) string {
	q := url.Values{"response_type": {"code"}, "client_id": {a.ClientID}, "redirect_uri": {a.RedirectURIs[0]}}
	if !a.Confidential() {
		q.Set("code_challenge", oauth.S256(Verifier))
		q.Set("code_challenge_method", oauth.MethodS256)
	}
	for name, values := range extra {
		q[name] = values
	}
	return "/oauth/authorize?" + q.Encode()
}
