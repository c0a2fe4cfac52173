package token

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"launchpad/internal/clientauth"
	"launchpad/internal/core"
	"launchpad/internal/imported"
	"launchpad/internal/keys"
	"launchpad/internal/mint"
	"launchpad/internal/protect"
	"launchpad/internal/store"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Path of the endpoint.
const Path = "/oauth/token"

// Room is the endpoint.
type Room struct {
	Store         *store.Store
	Clock         core.Clock
	Keys          *keys.Keys
	Clients       *clientauth.Authenticator
	Mint          *mint.Mint
	Published     oauth.Scope
	Resources     *protect.Resources
	Imported      *imported.Tokens
	RefreshWindow time.Duration // how long a rotated refresh token is still answered; 0: not at all
}

// Routes of the room. RFC 6749 §3.2: POST only.
func (t *Room) Routes() []web.Route {
	return []web.Route{{Method: "POST", Path: Path, Surface: web.JSONSurface, AnyOrigin: true, Handle: t.serve}}
}

// tries bounds how often a grant looks again after losing a race.
const tries = 4

func (t *Room) serve(w http.ResponseWriter, r *http.Request) error {
	// RFC 6749 §2.3.1: credentials MUST NOT be in the request URI, where logs and proxies keep them.
	if r.URL.RawQuery != "" {
		return oauth.InvalidRequest("parameters_in_query", "the token request has parameters in its address; send all of them in the form body").
			Got("a query string", "an empty query and a form body")
	}
	form, err := oauth.ReadBody(r)
	if err != nil {
		return err
	}
	return t.Serve(w, r, form)
}

// Serve answers a request whose parameters have been read.
func (t *Room) Serve(w http.ResponseWriter, r *http.Request, form oauth.Form) error {
	answer, err := t.Answer(w, r, form)
	if err != nil {
		return err
	}
	body, err := answer.JSON()
	if err != nil {
		return err
	}
	return web.WriteJSON(w, body)
}

// Answer finds out what to answer; writing it is left to the caller, and w is there for its record.
func (t *Room) Answer(w http.ResponseWriter, r *http.Request, form oauth.Form) (mint.Answer, error) {
	if err := errors.Join(form.Once("grant_type", "scope"), form.Once(clientauth.Parameters...)); err != nil {
		return mint.Answer{}, err
	}
	grant, err := find(form)
	if err != nil {
		return mint.Answer{}, err
	}
	record := web.RecordOf(w)
	record.Grant = grant.Type
	app, err := t.Clients.Authenticate(r, form)
	if err != nil {
		return mint.Answer{}, err
	}
	record.App = app.ClientID
	if err := grant.Allowed(app); err != nil {
		return mint.Answer{}, err
	}
	answer, outcome, err := t.issue(r.Context(), grant, Request{Form: form, App: app})
	record.Outcome = outcome
	return answer, err
}

func find(form oauth.Form) (Grant, error) {
	sent := form.Get("grant_type")
	if sent == "" {
		return Grant{}, oauth.InvalidRequest("grant_type_missing", "grant_type is missing; send one of %v (type is the name of an older draft, which this app does not speak)", Types()).Got("(absent)", Types()[0])
	}
	for _, g := range grants {
		if g.Type == sent {
			return g, form.Once(g.Parameters...)
		}
	}
	return Grant{}, oauth.UnsupportedGrantType("grant_type_unsupported", "this grant_type is not supported; use one of %v", Types()).Got(oauth.Printable(sent), Types()[0])
}

// issue proves, mints and commits. Minting comes before the commit, and outside of it: a token that was made and
// then refused costs nothing, a transaction that waits for a signature costs everybody.
func (t *Room) issue(ctx context.Context, grant Grant, request Request) (answer mint.Answer, outcome string, err error) {
	for attempt := range tries {
		request.Again = attempt > 0
		proof, err := grant.Prove(t, ctx, request)
		if err != nil {
			return mint.Answer{}, "", err
		}
		if err := proof.Target.Admits(request.App); err != nil {
			return mint.Answer{}, "", err
		}
		answer, err := t.Mint.Issue(mint.Claims{
			App: request.App, Scope: proof.Target.Narrow(proof.Scope), Reach: proof.Reach, Refresh: proof.Refresh,
			Audience: proof.Target.Audience(), JWT: proof.Target.ReadsJWT(),
		})
		if err != nil || proof.Commit == nil {
			return answer, proof.Outcome, err
		}
		err = proof.Commit(ctx)
		if err == nil {
			return answer, proof.Outcome, nil
		}
		if !errors.Is(err, core.ErrConflict) {
			// A passing fault must not look like a dead grant: clients delete their tokens on that.
			return mint.Answer{}, "", oauth.Unavailable(fmt.Errorf("commit %s: %w", grant.Type, err))
		}
	}
	return mint.Answer{}, "", oauth.Unavailable(fmt.Errorf("%s: lost %d races", grant.Type, tries))
}
