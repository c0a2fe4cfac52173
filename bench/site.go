package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"launchpad/bench/drive"
	"launchpad/oauth"
)

// site is a running demo, what it printed about itself, and its person at a browser.
type site struct {
	*process
	facts   drive.Facts
	browser *drive.Browser
}

// signIn lets the sample person, who prepares what the measured requests need, sign in.
func (s *site) signIn() (err error) {
	if s.browser, err = drive.NewBrowser(s.facts.Issuer, ""); err != nil {
		return err
	}
	return s.browser.SignIn(s.facts)
}

// close ends what is left of it, if anything is.
func (s *site) close() {
	s.browser.Close()
	s.kill()
}

func basic(a drive.App) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(a.ClientID)+":"+url.QueryEscape(a.Secret)))
}

const clientCredentials = "grant_type=client_credentials"

// accessTokens gets tokens for an app.
func (s *site) accessTokens(ctx context.Context, a drive.App, count int) ([]string, error) {
	const connections = 8
	request := post(s.address, "/oauth/token", clientCredentials, basic(a))
	got := make([][]string, connections)
	workers := make([]worker, connections)
	for i := range workers {
		workers[i] = func(c *connection) error {
			found, err := c.exchange(request)
			if err != nil {
				return err
			}
			token := found.member("access_token")
			if token == nil {
				return fmt.Errorf("no access token in %s", found.body)
			}
			got[i] = append(got[i], string(token))
			return nil
		}
	}
	if err := once(ctx, s.address, workers, count); err != nil {
		return nil, fmt.Errorf("get access tokens: %w", err)
	}
	var tokens []string
	for _, part := range got {
		tokens = append(tokens, part...)
	}
	return tokens, nil
}

// authorization is the request for a code of the sample web app, with all that a careful client sends.
func (s *site) authorization() string {
	return s.facts.Apps.Web.AuthorizationRequest(url.Values{
		"state":                 {"benchbenchbench"},
		"code_challenge":        {oauth.S256(drive.Verifier)},
		"code_challenge_method": {oauth.MethodS256},
	})
}

// redemption is the form that trades a code, up to the code.
func (s *site) redemption() string {
	return "grant_type=authorization_code&" + url.Values{
		"redirect_uri":  {s.facts.Apps.Web.RedirectURIs[0]},
		"code_verifier": {drive.Verifier},
	}.Encode() + "&code="
}

// chain is a refresh token and its successors. Its worker always uses the newest.
type chain struct {
	token   []byte
	request changing
}

const refreshForm = "grant_type=refresh_token&refresh_token="

// chains begins n of them, by as many code flows. The first of them asks the person for consent.
func (s *site) chains(n int) ([]*chain, error) {
	web := s.facts.Apps.Web
	client := drive.NewClient(s.facts.Issuer)
	defer client.Close()
	list := make([]*chain, n)
	for i := range list {
		code, err := s.browser.Authorize(web)
		if err != nil {
			return nil, err
		}
		got, err := client.Redeem(web, code)
		if err != nil || got.Refresh == "" {
			return nil, errors.Join(fmt.Errorf("trade code: answered %s", got), err)
		}
		list[i] = &chain{
			token:   []byte(got.Refresh),
			request: changing{head: postHead(s.address, "/oauth/token", basic(web)), form: refreshForm},
		}
	}
	return list, nil
}

// refresh takes the chain's next step.
func (c *chain) refresh(on *connection) error {
	found, err := on.exchange(c.request.with(c.token))
	if err != nil {
		return err
	}
	token := found.member("refresh_token")
	if token == nil {
		return fmt.Errorf("no refresh token in %s", found.body)
	}
	c.token = append(c.token[:0], token...)
	return nil
}

// refreshing makes the chains' workers.
func refreshing(chains []*chain) []worker {
	workers := make([]worker, len(chains))
	for i, c := range chains {
		workers[i] = c.refresh
	}
	return workers
}

// isJWT tells the two formats of access tokens apart.
func isJWT(token string) bool { return strings.Count(token, ".") == 2 }
