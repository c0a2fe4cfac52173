// Command xoauth2 drives golang.org/x/oauth2 against the demo: a web app with its secret, a native app with PKCE on a
// loopback port of its own choice, and a machine.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// demo is the part that we need of the line that the demo prints.
type demo struct {
	Issuer string
	API    string
	Scope  string
	Apps   struct{ Web, Public, Machine app }
}

type app struct {
	ID           string   `json:"client_id"`
	Secret       string   `json:"client_secret"`
	RedirectURIs []string `json:"redirect_uris"`
}

func main() {
	log.SetFlags(0)
	d := readDemo()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	web, native := d.Apps.Web, d.Apps.Public
	d.person(ctx, "web app, style detected", web, web.RedirectURIs[0], oauth2.AuthStyleAutoDetect)
	d.person(ctx, "web app, header", web, web.RedirectURIs[0], oauth2.AuthStyleInHeader)
	d.person(ctx, "web app, body", web, web.RedirectURIs[0], oauth2.AuthStyleInParams)
	d.person(ctx, "native app", native, onAnotherPort(native.RedirectURIs[0]), oauth2.AuthStyleInParams)
	d.machine(ctx)
}

func readDemo() demo {
	var d demo
	text, err := os.ReadFile(os.Getenv("DEMO"))
	check("read the demo's line", err == nil && json.Unmarshal(text, &d) == nil, err)
	return d
}

// check ends the program at the first thing that does not hold.
func check(what string, holds bool, got ...any) {
	if !holds {
		log.Fatalf("not ok - %s: %v", what, got)
	}
	fmt.Println("ok -", what)
}

// person walks the whole flow of an app that acts for somebody.
func (d demo) person(ctx context.Context, name string, a app, redirect string, style oauth2.AuthStyle) {
	config := &oauth2.Config{
		ClientID: a.ID, ClientSecret: a.Secret, RedirectURL: redirect, Scopes: strings.Fields(d.Scope),
		Endpoint: oauth2.Endpoint{AuthURL: d.Issuer + "/oauth/authorize", TokenURL: d.Issuer + "/oauth/token", AuthStyle: style},
	}
	verifier := oauth2.GenerateVerifier()
	// access_type is another platform's parameter, which this library's users send everywhere.
	question := config.AuthCodeURL("state-1", oauth2.AccessTypeOffline, oauth2.S256ChallengeOption(verifier))
	answer := sentTo(question)
	check(name+": state and issuer come back", answer.Get("state") == "state-1" && answer.Get("iss") == d.Issuer, answer)

	token, err := config.Exchange(ctx, answer.Get("code"), oauth2.VerifierOption(verifier))
	check(name+": the code buys a token", err == nil, err)
	check(name+": it is a Bearer of two hours", token.Type() == "Bearer" && time.Until(token.Expiry).Round(time.Minute) == 2*time.Hour, token.Type(), token.Expiry)
	d.wantAPI(name+": the API answers", config.Client(ctx, token), http.StatusOK)

	token.Expiry = time.Now().Add(-time.Second)
	renewed, err := config.TokenSource(ctx, token).Token()
	check(name+": the token source renews an expired token", err == nil && renewed.AccessToken != token.AccessToken, err)
	client := config.Client(ctx, renewed)
	d.wantAPI(name+": the API takes the new one", client, http.StatusOK)

	d.revoke(name+": access token revoked", a, renewed.AccessToken)
	d.wantAPI(name+": the API refuses it", client, http.StatusUnauthorized)
	d.revoke(name+": refresh token revoked", a, renewed.RefreshToken)
	renewed.Expiry = time.Now().Add(-time.Second)
	_, err = config.TokenSource(ctx, renewed).Token()
	wantRefusal(name+": the refresh token is refused", err, "invalid_grant")

	denied := sentTo(question+"&prompt=consent", "--cancel")
	check(name+": Cancel comes back as access_denied", denied.Get("error") == "access_denied" && denied.Get("state") == "state-1", denied)
}

// onAnotherPort is what a native app sends that listens on whatever port was free: RFC 8252 §7.3.
func onAnotherPort(redirect string) string {
	u, err := url.Parse(redirect)
	check("the native app has a redirect URI", err == nil, err)
	u.Host = u.Hostname() + ":49321"
	return u.String()
}

func (d demo) machine(ctx context.Context) {
	config := clientcredentials.Config{ClientID: d.Apps.Machine.ID, ClientSecret: d.Apps.Machine.Secret, TokenURL: d.Issuer + "/oauth/token", Scopes: strings.Fields(d.Scope)}
	token, err := config.Token(ctx)
	check("machine: a token for itself, without a refresh token", err == nil && token.RefreshToken == "", err)
	d.wantAPI("machine: the API answers", config.Client(ctx), http.StatusOK)
}

// sentTo is what the browser brings back after a person decided.
func sentTo(address string, decision ...string) url.Values {
	person := exec.Command(os.Getenv("PERSON"), append([]string{address}, decision...)...)
	person.Stderr = os.Stderr
	out, err := person.Output()
	if err != nil {
		log.Fatalf("not ok - the person got stuck at %s: %v", address, err)
	}
	u, err := url.Parse(strings.TrimSpace(string(out)))
	if err != nil {
		log.Fatalf("not ok - sent to no address: %v", err)
	}
	return u.Query()
}

func (d demo) wantAPI(what string, client *http.Client, status int) {
	answer, err := client.Get(d.API)
	if err != nil {
		log.Fatalf("not ok - %s: %v", what, err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	check(what, answer.StatusCode == status, answer.Status, string(body))
}

// revoke by hand: the library cannot.
func (d demo) revoke(what string, a app, token string) {
	form := url.Values{"token": {token}, "client_id": {a.ID}}
	if a.Secret != "" {
		form.Set("client_secret", a.Secret)
	}
	answer, err := http.PostForm(d.Issuer+"/oauth/revoke", form)
	if err != nil {
		log.Fatalf("not ok - %s: %v", what, err)
	}
	defer answer.Body.Close()
	check(what, answer.StatusCode == http.StatusOK, answer.Status)
}

func wantRefusal(what string, err error, code string) {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	check(what, ok && refused.ErrorCode == code && refused.ErrorDescription != "" && refused.ErrorURI != "", err)
}
