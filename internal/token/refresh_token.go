package token

import (
	"context"
	"errors"
	"fmt"

	"launchpad/internal/core"
	"launchpad/internal/store"
	"launchpad/oauth"
)

// RFC 6749 §6.
var refreshToken = Grant{
	Type:       "refresh_token",
	Parameters: []string{"refresh_token"},
	Allowed:    allowedForPeople,
	Prove:      (*Room).proveRefresh,
}

func (t *Room) proveRefresh(ctx context.Context, r Request) (Proof, error) {
	token := r.Form.Get("refresh_token")
	if token == "" {
		return Proof{}, oauth.InvalidRequest("refresh_token_missing", "refresh_token is missing")
	}
	family, err := t.Keys.OpenRefresh(token)
	if err != nil {
		return Proof{}, refreshUnknown().Because(err)
	}
	standing, err := genuine(family)(t.Store.Authorization(ctx, family.AuthorizationID))
	if errors.Is(err, core.ErrNotFound) {
		return Proof{}, refreshUnknown().Because(err)
	}
	if err != nil {
		return Proof{}, err
	}
	// RFC 6749 §6: bound to the client. A stranger's attempt changes nothing.
	if standing.AppID != r.App.ID {
		return Proof{}, oauth.InvalidGrant("refresh_token_of_another_app", "this refresh token was issued to another app")
	}
	if err := t.alive(standing); err != nil {
		return Proof{}, err
	}
	commit, err := t.step(ctx, standing.Authorization, family.Generation, r.App)
	if err != nil {
		return Proof{}, err
	}
	scope, err := narrowed(r.Form, standing)
	if err != nil {
		return Proof{}, err
	}
	family.Generation = standing.Generation
	if commit.rotates {
		family.Generation++
	}
	return Proof{Scope: scope, Reach: standing.Grant.Reach, Authorization: &standing.Authorization, Family: family, Commit: commit.write}, nil
}

func refreshUnknown() *oauth.Error {
	return oauth.InvalidGrant("refresh_token_unknown", "this is not a refresh token of this server, or it was changed on the way; send it exactly as it was issued")
}

func (t *Room) alive(s *store.Standing) error {
	now := t.Clock.Now()
	switch {
	case ended(s):
		return accessEnded()
	case !now.Before(s.ExpiresAt):
		return oauth.InvalidGrant("refresh_token_expired", "this sign-in reached the end of its life; ask the person to authorize the app again")
	case s.Generation > 0 && now.Sub(s.RotatedAt) > t.Mint.Lifetimes().RefreshIdle:
		return oauth.InvalidGrant("refresh_token_idle", "this refresh token was not used for too long; ask the person to authorize the app again")
	}
	return nil
}

// stepped is what a presented generation leads to.
type stepped struct {
	rotates bool
	write   func(context.Context) error
}

func (t *Room) step(ctx context.Context, a core.Authorization, presented int64, app core.App) (stepped, error) {
	now := t.Clock.Now()
	switch judge(a, presented, app.Confidential(), now, t.RefreshWindow) {
	case rotate:
		rotation := store.Rotation{ID: a.ID, From: a.Generation, At: now, Recent: recently(a, now, t.RefreshWindow)}
		return stepped{true, func(ctx context.Context) error { return t.Store.Rotate(ctx, rotation) }}, nil
	case repeat:
		return stepped{}, nil
	case recovered:
		note := core.Event{At: now, Kind: core.EventRefreshRecovered, SubjectID: a.ID, IdentityID: a.IdentityID, AppID: a.AppID}
		return stepped{false, func(ctx context.Context) error { return t.Store.Note(ctx, note) }}, nil
	case ahead:
		return stepped{}, refreshUnknown().Because(fmt.Errorf("generation %d, row has %d", presented, a.Generation))
	}
	// RFC 9700 §4.14.2: whoever holds the older token, thief or victim, both lose. Committed before the refusal.
	if err := t.Store.RevokeAuthorization(ctx, a, core.EventRefreshReused, core.ID{}, now); err != nil {
		return stepped{}, oauth.Unavailable(fmt.Errorf("revoke after reuse: %w", err))
	}
	return stepped{}, oauth.InvalidGrant("refresh_token_reused", "this refresh token was already used and has a successor; for safety all tokens of this sign-in were revoked, ask the person to authorize the app again")
}

// narrowed: RFC 6749 §6: the scope may shrink, never grow; without one it is the scope granted.
func narrowed(form oauth.Form, s *store.Standing) (oauth.Scope, error) {
	granted := s.Scope.And(s.Grant.Scope)
	asked, err := oauth.ParseScope(form.Get("scope"))
	if err != nil {
		return nil, err
	}
	if !granted.Covers(asked) {
		return nil, oauth.InvalidScope("scope_grows", "a refresh cannot add scopes; not granted: %s", asked.Minus(granted)).Got(asked.String(), granted.String())
	}
	if len(asked) == 0 {
		return granted, nil
	}
	return asked, nil
}
