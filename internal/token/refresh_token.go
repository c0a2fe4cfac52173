package token

import (
	"context"
	"errors"
	"fmt"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/keys"
	"launchpad/internal/protect"
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
	sent := r.Form.Get("refresh_token")
	if sent == "" {
		return Proof{}, oauth.InvalidRequest("refresh_token_missing", "refresh_token is missing")
	}
	token, err := t.Keys.OpenRefresh(sent)
	if errors.Is(err, core.ErrUnavailable) {
		return Proof{}, err
	}
	if err != nil {
		return t.proveImported(ctx, r, sent, err)
	}
	// RFC 6749 §6: bound to the client. A stranger's attempt changes nothing.
	if token.AppID != r.App.ID {
		return Proof{}, ofAnotherApp()
	}
	if !r.Again {
		if proof, ok := t.atItsWord(r, token); ok {
			return proof, nil
		}
	}
	return t.asTheRowsSay(ctx, r, token)
}

// proveImported: what is none of ours may be the refresh token of another server, which goes on here as the first
// generation of its family.
func (t *Room) proveImported(ctx context.Context, r Request, sent string, why error) (Proof, error) {
	family, standing, err := t.Imported.Refresh(ctx, sent)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return Proof{}, refreshUnknown().Because(why)
	case err != nil:
		return Proof{}, oauth.Unavailable(fmt.Errorf("look up imported refresh token: %w", err))
	case standing.AppID != r.App.ID:
		return Proof{}, ofAnotherApp()
	}
	if err := t.Imported.Claim(ctx, family, standing); err != nil {
		return Proof{}, oauth.Unavailable(fmt.Errorf("claim imported refresh token: %w", err))
	}
	return t.asTheRowsSay(ctx, r, keys.RefreshToken{Family: family})
}

func ofAnotherApp() *oauth.Error {
	return oauth.InvalidGrant("refresh_token_of_another_app", "this refresh token was issued to another app")
}

func refreshUnknown() *oauth.Error {
	return oauth.InvalidGrant("refresh_token_unknown", "this is not a refresh token of this server, or it was changed on the way; send it exactly as it was issued")
}

// atItsWord takes the token for the current generation of a living authorization, as nearly every one is. The condition
// of the rotation says whether that was right; if it was not, or anything here is in doubt, the rows are asked.
func (t *Room) atItsWord(r Request, token keys.RefreshToken) (Proof, bool) {
	now := t.Clock.Now()
	scope, err := narrowed(r.Form, token.Scope)
	target, wrong := t.Resources.Pick(r.Form, token.Resources)
	if err != nil || wrong != nil || !now.Before(token.ExpiresAt) || now.Sub(token.BornAt) > t.Mint.Lifetimes().RefreshIdle {
		return Proof{}, false
	}
	return t.rotated(token, scope, target, now), true
}

// rotated hands out the successor of the current generation.
func (t *Room) rotated(token keys.RefreshToken, scope oauth.Scope, target *protect.Target, now time.Time) Proof {
	rotation := store.Rotation{
		ID: token.AuthorizationID, From: token.Generation, Digest: token.Digest(), GrantID: token.GrantID, GrantVersion: token.GrantVersion,
		IdentityID: token.IdentityID, AppID: token.AppID, At: now,
	}
	token.Generation++
	token.BornAt = now
	return Proof{
		Scope: scope, Reach: token.Reach, Target: target, Refresh: &token, Outcome: "rotated",
		Commit: func(ctx context.Context) error { return t.Store.Rotate(ctx, rotation) },
	}
}

func (t *Room) asTheRowsSay(ctx context.Context, r Request, token keys.RefreshToken) (Proof, error) {
	standing, err := genuine(token.Family)(t.Store.Authorization(ctx, token.AuthorizationID))
	if errors.Is(err, core.ErrNotFound) {
		return Proof{}, refreshUnknown().Because(err)
	}
	if err != nil {
		return Proof{}, err
	}
	if err := t.alive(standing); err != nil {
		return Proof{}, err
	}
	now := t.Clock.Now()
	verdict := judge(standing.Authorization, token.Generation, r.App.Confidential(), now, t.RefreshWindow)
	switch verdict {
	case ahead:
		return Proof{}, refreshUnknown().Because(fmt.Errorf("generation %d, row has %d", token.Generation, standing.Generation))
	case forgotten:
		return Proof{}, oauth.InvalidGrant("refresh_token_outrun", "this refresh token was replaced more than %d times within a moment; use the newest one, which other processes of the app have", store.Remembered)
	case reused:
		return Proof{}, t.refreshReused(ctx, standing.Authorization)
	}
	current := asItStands(standing, token.Bits, standing.Generation, standing.RotatedAt)
	scope, err := narrowed(r.Form, current.Scope)
	if err != nil {
		return Proof{}, err
	}
	// RFC 8707 §2.2: for another API than before, if the person allowed it.
	target, err := t.Resources.Pick(r.Form, current.Resources)
	if err != nil {
		return Proof{}, err
	}
	if verdict == rotate {
		return t.rotated(*current, scope, target, now), nil
	}
	proof := Proof{Scope: scope, Reach: current.Reach, Target: target, Refresh: current, Outcome: "repeated"}
	if verdict == recovered {
		proof.Outcome = "recovered"
		proof.Commit = func(ctx context.Context) error { return t.Store.Recover(ctx, standing.Authorization, now) }
	}
	return proof, nil
}

// asItStands makes the refresh token of a generation.
func asItStands(s *store.Standing, bits [16]byte, generation int64, born time.Time) *keys.RefreshToken {
	return &keys.RefreshToken{
		Family:  keys.Family{AuthorizationID: s.ID, Generation: generation, Bits: bits},
		GrantID: s.GrantID, GrantVersion: s.Grant.Version, IdentityID: s.IdentityID, AppID: s.AppID,
		BornAt: born, ExpiresAt: s.ExpiresAt, Scope: s.Scope.And(s.Grant.Scope), Reach: s.Grant.Reach, Resources: s.Resources,
	}
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

// refreshReused: RFC 9700 §4.14.2: whoever holds the older token, thief or victim, both lose. Committed before the
// refusal.
func (t *Room) refreshReused(ctx context.Context, a core.Authorization) error {
	if err := t.Store.RevokeAuthorization(ctx, a, core.EventRefreshReused, core.ID{}, t.Clock.Now()); err != nil {
		return oauth.Unavailable(fmt.Errorf("revoke after reuse: %w", err))
	}
	return oauth.InvalidGrant("refresh_token_reused", "this refresh token was already used and has a successor; for safety all tokens of this sign-in were revoked, ask the person to authorize the app again")
}

// narrowed: RFC 6749 §6: the scope may shrink, never grow; without one it is the scope granted.
func narrowed(form oauth.Form, granted oauth.Scope) (oauth.Scope, error) {
	asked, err := oauth.ParseScope(form.Get("scope"))
	if err != nil {
		return nil, err
	}
	asked = asked.Minus(oauth.Scopes(oauth.OfflineAccess)) // which is never granted by name, and always there
	if !granted.Covers(asked) {
		return nil, oauth.InvalidScope("scope_grows", "a refresh cannot add scopes; not granted: %s", asked.Minus(granted)).Got(asked.String(), granted.String())
	}
	if len(asked) == 0 {
		return granted, nil
	}
	return asked, nil
}
