package introspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"launchpad/internal/access"
	"launchpad/internal/clientauth"
	"launchpad/internal/core"
	"launchpad/internal/imported"
	"launchpad/internal/keys"
	"launchpad/internal/protect"
	"launchpad/internal/secret"
	"launchpad/internal/store"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Path of the endpoint.
const Path = "/oauth/introspect"

// Apps looks apps up.
type Apps interface {
	ByID(ctx context.Context, id core.ID) (core.App, error)
}

// Room is the endpoint.
type Room struct {
	Store   *store.Store
	Clock   core.Clock
	Keys    *keys.Keys
	Clients *clientauth.Authenticator
	Access  *access.Verifier
	Apps    Apps

	Resources *protect.Resources
	Imported  *imported.Tokens

	Idle time.Duration // of refresh tokens
}

// Routes of the room. RFC 7662 §2.1: POST.
func (i *Room) Routes() []web.Route {
	return []web.Route{{Method: "POST", Path: Path, Surface: web.JSONSurface, Handle: i.serve}}
}

// answer of RFC 7662 §2.2; an inactive token has no member but active.
type answer struct {
	Active    bool   `json:"active"`
	Scope     string `json:"scope,omitempty"`
	ClientID  string `json:"client_id,omitempty"`
	TokenType string `json:"token_type,omitempty"`
	Expires   int64  `json:"exp,omitempty"`
	IssuedAt  int64  `json:"iat,omitempty"`
	Subject   string `json:"sub,omitempty"`
	Issuer    string `json:"iss,omitempty"`
	ID        string `json:"jti,omitempty"`
	Audience  string `json:"aud,omitempty"` // of a token that is bound to an API

	AllAccounts    bool              `json:"launchpad_all_accounts,omitempty"` // and those that the person joins later
	Accounts       []string          `json:"launchpad_accounts,omitempty"`     // that can be reached now
	Slugs          map[string]string `json:"launchpad_account_slugs,omitempty"`
	DefaultAccount string            `json:"launchpad_default_account,omitempty"`

	// By these and by sub, jti and the accounts the revocation feed names what ended. JWTs call them the same.
	App    string `json:"lp_app,omitempty"`
	Family *root  `json:"lp_authorization,omitempty"`
}

// root is what a person's token stands on.
type root struct {
	ID    core.ID `json:"id"`
	Grant core.ID `json:"grant"`
}

func (i *Room) serve(w http.ResponseWriter, r *http.Request) error {
	form, err := oauth.ReadBody(r)
	if err != nil {
		return err
	}
	if err := errors.Join(form.Once("token", "token_type_hint"), form.Once(clientauth.Parameters...)); err != nil {
		return err
	}
	app, err := i.Clients.Authenticate(r, form)
	if err != nil {
		return err
	}
	web.RecordOf(w).App = app.ClientID
	// RFC 7662 §2.1: the endpoint MUST require authorization; a public app's name proves nothing.
	if !app.Confidential() {
		return oauth.InvalidClient("introspection_public", "an app without a secret cannot ask about tokens")
	}
	if !form.Has("token") {
		return oauth.InvalidRequest("token_missing", "token is missing; send the token to ask about")
	}
	found, err := i.look(r.Context(), form.Get("token"), app)
	if err != nil {
		return err
	}
	body, err := json.Marshal(found)
	if err != nil {
		return fmt.Errorf("write introspection: %w", err)
	}
	return web.WriteJSON(w, body)
}

// look finds out about a token. Whatever is wrong with it, and whoever else's it is, the answer is the same.
func (i *Room) look(ctx context.Context, token string, asker core.App) (answer, error) {
	if strings.HasPrefix(token, string(secret.RefreshToken)) {
		return i.refresh(ctx, token, asker)
	}
	t, err := i.Access.Verify(ctx, token)
	if err != nil {
		if oauth.AsError(err).Status >= 500 {
			return answer{}, err
		}
		return i.importedRefresh(ctx, token, asker)
	}
	app, err := i.visible(ctx, asker, t.AppID)
	if err != nil || app.ClientID == "" {
		return answer{}, err
	}
	if !i.Resources.Admits(app, t.Audience) {
		return answer{}, nil // it was made while the API was for agents
	}
	return i.describe(ctx, t, app)
}

func (i *Room) describe(ctx context.Context, t access.Token, app core.App) (answer, error) {
	a := answer{
		Active: true, Scope: t.Scope.String(), ClientID: app.ClientID, TokenType: "Bearer", IssuedAt: t.IssuedAt.Unix(),
		Issuer: i.Keys.Issuer(), Subject: app.ClientID, ID: t.ID.String(), AllAccounts: t.Reach.All, Audience: t.Audience, App: app.ID.String(),
	}
	if !t.ExpiresAt.IsZero() {
		a.Expires = t.ExpiresAt.Unix()
	}
	if !t.IdentityID.Zero() {
		a.Subject = t.IdentityID.String()
	}
	if !t.AuthorizationID.Zero() {
		a.Family = &root{t.AuthorizationID, t.GrantID}
	}
	accounts, err := i.accounts(ctx, t, app)
	if err != nil || len(accounts) == 0 {
		return a, err
	}
	a.Slugs = make(map[string]string, len(accounts))
	for _, account := range accounts {
		id := account.ID.String()
		a.Accounts, a.Slugs[id] = append(a.Accounts, id), account.Slug
		if account.ID == t.Reach.Default {
			a.DefaultAccount = id
		}
	}
	return a, nil
}

// accounts lists those that can be reached now: the person may have left one, or it may be suspended. A token of an app
// that acts for itself reaches the account that publishes the app.
func (i *Room) accounts(ctx context.Context, t access.Token, app core.App) ([]core.Account, error) {
	if t.IdentityID.Zero() {
		return []core.Account{app.Publisher}, nil
	}
	memberships, err := i.Access.Memberships(ctx, t.IdentityID)
	if err != nil {
		return nil, err
	}
	return t.Reachable(memberships), nil
}

// visible gives the token's app if the asker may know about it, else none.
func (i *Room) visible(ctx context.Context, asker core.App, app core.ID) (core.App, error) {
	if asker.ID == app {
		return asker, nil
	}
	if !asker.Introspection {
		return core.App{}, nil
	}
	found, err := i.Apps.ByID(ctx, app)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return core.App{}, nil
	case err != nil:
		return core.App{}, oauth.Unavailable(fmt.Errorf("load app: %w", err))
	}
	return found, nil
}

// refresh tells whether a refresh token is the current one of a living authorization.
func (i *Room) refresh(ctx context.Context, token string, asker core.App) (answer, error) {
	family, err := i.Keys.OpenRefresh(token)
	if errors.Is(err, core.ErrUnavailable) {
		return answer{}, oauth.Unavailable(err)
	}
	if err != nil {
		return answer{}, nil
	}
	s, err := i.Store.Authorization(ctx, family.AuthorizationID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return answer{}, nil
	case err != nil:
		return answer{}, oauth.Unavailable(fmt.Errorf("load authorization: %w", err))
	case !secret.Equal(family.Digest(), s.Digest):
		return answer{}, nil
	}
	return i.current(family.Generation, s, asker), nil
}

// importedRefresh: what is no access token may be the refresh token of another server.
func (i *Room) importedRefresh(ctx context.Context, token string, asker core.App) (answer, error) {
	family, s, err := i.Imported.Refresh(ctx, token)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return answer{}, nil
	case err != nil:
		return answer{}, oauth.Unavailable(fmt.Errorf("look up imported refresh token: %w", err))
	}
	return i.current(family.Generation, s, asker), nil
}

// current describes a refresh token if it is the current one and everything that it stands on lives.
func (i *Room) current(generation int64, s *store.Standing, asker core.App) answer {
	ends := s.RotatedAt.Add(i.Idle)
	if s.ExpiresAt.Before(ends) {
		ends = s.ExpiresAt
	}
	// Another app's refresh token is nobody's business, not even an API's.
	if s.AppID != asker.ID || generation != s.Generation ||
		!s.RevokedAt.IsZero() || !s.Grant.RevokedAt.IsZero() || s.IdentityLocked || !i.Clock.Now().Before(ends) {
		return answer{}
	}
	return answer{
		Active: true, Scope: s.Scope.And(s.Grant.Scope).String(), ClientID: asker.ClientID, TokenType: "refresh_token",
		Expires: ends.Unix(), IssuedAt: s.RotatedAt.Unix(), Subject: s.IdentityID.String(), Issuer: i.Keys.Issuer(),
	}
}
