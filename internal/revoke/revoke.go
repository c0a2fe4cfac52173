package revoke

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"launchpad/internal/access"
	"launchpad/internal/clientauth"
	"launchpad/internal/core"
	"launchpad/internal/imported"
	"launchpad/internal/keys"
	"launchpad/internal/secret"
	"launchpad/internal/store"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Path of the endpoint.
const Path = "/oauth/revoke"

// Room is the endpoint.
type Room struct {
	Store   *store.Store
	Clock   core.Clock
	Keys    *keys.Keys
	Clients *clientauth.Authenticator
	Access  *access.Verifier

	Imported *imported.Tokens
}

// Routes of the room. RFC 7009 §2.1: POST.
func (v *Room) Routes() []web.Route {
	return []web.Route{{Method: "POST", Path: Path, Surface: web.JSONSurface, AnyOrigin: true, Handle: v.serve}}
}

func (v *Room) serve(w http.ResponseWriter, r *http.Request) error {
	// A stock gem sends the token in the query of a POST. It is logged nowhere.
	form, err := oauth.ReadBoth(r)
	if err != nil {
		return err
	}
	if err := errors.Join(form.Once("token", "token_type_hint"), form.Once(clientauth.Parameters...)); err != nil {
		return err
	}
	token := form.Get("token")
	if token == "" {
		return oauth.InvalidRequest("token_missing", "token is missing; send the token to revoke")
	}
	var client *core.App
	if clientauth.Presented(r, form) {
		app, err := v.Clients.Authenticate(r, form)
		if err != nil {
			return err
		}
		client = &app
		web.RecordOf(w).App = app.ClientID
	}
	if err := v.revoke(r.Context(), token, client); err != nil {
		return err
	}
	// RFC 7009 §2.2: 200 whatever the token was. A Node library refuses an answer that is not JSON.
	return web.WriteJSON(w, []byte("{}"))
}

// revoke goes by what the token is; token_type_hint (RFC 7009 §2.1) is not needed, since every kind shows itself.
func (v *Room) revoke(ctx context.Context, token string, client *core.App) error {
	if strings.HasPrefix(token, string(secret.RefreshToken)) {
		return v.refresh(ctx, token, client)
	}
	t, err := v.Access.Verify(ctx, token)
	if err != nil {
		if e := oauth.AsError(err); e.Status >= 500 {
			return err
		}
		return v.importedRefresh(ctx, token, client)
	}
	if err := own(client, t.AppID); err != nil {
		return err
	}
	switch {
	case t.Personal:
		err = v.Store.RevokePersonalToken(ctx, t.ID, t.IdentityID, v.Clock.Now())
	case t.Imported != "":
		err = v.Store.RevokeImportedToken(ctx, core.ImportedToken{AccessToken: t.AccessToken, Digest: t.Imported}, v.Clock.Now())
	default:
		err = v.Store.RevokeAccessToken(ctx, t.AccessToken, v.Clock.Now())
	}
	return outcome(err)
}

// importedRefresh: what is no access token may be the refresh token of another server. RFC 7009 §2.2: an invalid token
// needs no revocation.
func (v *Room) importedRefresh(ctx context.Context, token string, client *core.App) error {
	_, standing, err := v.Imported.Refresh(ctx, token)
	if err != nil {
		return outcome(err)
	}
	return v.end(ctx, standing, client)
}

// refresh ends the whole sign-in, its access tokens with it. RFC 7009 §2.1.
func (v *Room) refresh(ctx context.Context, token string, client *core.App) error {
	family, err := v.Keys.OpenRefresh(token)
	if errors.Is(err, core.ErrUnavailable) {
		return outcome(err)
	}
	if err != nil {
		return nil
	}
	standing, err := v.Store.Authorization(ctx, family.AuthorizationID)
	if errors.Is(err, core.ErrNotFound) || err == nil && !secret.Equal(family.Digest(), standing.Digest) {
		return nil
	}
	if err != nil {
		return outcome(err)
	}
	return v.end(ctx, standing, client)
}

func (v *Room) end(ctx context.Context, standing *store.Standing, client *core.App) error {
	if err := own(client, standing.AppID); err != nil {
		return err
	}
	return outcome(v.Store.RevokeAuthorization(ctx, standing.Authorization, core.EventAuthorizationRevoked, core.ID{}, v.Clock.Now()))
}

// own: RFC 7009 §2.1: a client that says who it is may revoke only what was issued to it.
func own(client *core.App, app core.ID) error {
	if client != nil && client.ID != app {
		return oauth.UnauthorizedClient("token_of_another_app", "this token was issued to another app; it stays valid")
	}
	return nil
}

// outcome: RFC 7009 §2.2.1: a fault of storage is 503, never a success that was none.
func outcome(err error) error {
	if err == nil || errors.Is(err, core.ErrNotFound) {
		return nil
	}
	return oauth.Unavailable(fmt.Errorf("revoke: %w", err))
}
