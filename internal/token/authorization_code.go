package token

import (
	"context"
	"errors"
	"fmt"

	"launchpad/internal/core"
	"launchpad/internal/keys"
	"launchpad/internal/secret"
	"launchpad/internal/store"
	"launchpad/oauth"
)

// RFC 6749 §4.1.3.
var authorizationCode = Grant{
	Type:       "authorization_code",
	Parameters: []string{"code", "redirect_uri", "code_verifier"},
	Allowed:    allowedForPeople,
	Prove:      (*Room).proveCode,
}

// allowedForPeople: an app of a kind that no person signs in through has no authorizations. One that came from another
// server may have brought some, but no redirect URI that can be registered here.
func allowedForPeople(app core.App) error {
	if !app.Kind.Rules().SignsPeopleIn() {
		return oauth.UnauthorizedClient("grant_not_for_app", "this app has no redirect URI, so no person can authorize it")
	}
	return nil
}

func (t *Room) proveCode(ctx context.Context, r Request) (Proof, error) {
	code := r.Form.Get("code")
	if code == "" {
		return Proof{}, oauth.InvalidRequest("code_missing", "code is missing; it is in the query of the redirect that followed the authorization")
	}
	family, err := t.Keys.OpenCode(code)
	if errors.Is(err, core.ErrUnavailable) {
		return Proof{}, err
	}
	if err != nil {
		return Proof{}, codeUnknown().Because(err)
	}
	standing, err := genuine(family)(t.Store.CodeOf(ctx, family.AuthorizationID))
	if errors.Is(err, core.ErrNotFound) {
		return Proof{}, codeUnknown().Because(err)
	}
	if err != nil {
		return Proof{}, err
	}
	a := &standing.Authorization
	// A stranger learns nothing and burns nothing: everything that ties the code to its request comes first.
	if err := boundTo(r, *a); err != nil {
		return Proof{}, err
	}
	if a.Generation > 0 {
		return Proof{}, t.codeReplayed(ctx, *a)
	}
	now := t.Clock.Now()
	switch {
	case !now.Before(a.CodeExpiresAt):
		return Proof{}, oauth.InvalidGrant("code_expired", "the code expired; it lives 60 seconds (five minutes if a person had to copy it) and is traded at once")
	case ended(standing):
		return Proof{}, accessEnded()
	}
	target, err := t.Resources.Pick(r.Form, a.Resources)
	if err != nil {
		return Proof{}, err
	}
	first := asItStands(standing, family.Bits, 1, now)
	return Proof{
		Scope: first.Scope, Reach: first.Reach, Target: target, Refresh: first,
		Commit: func(ctx context.Context) error { return t.Store.RedeemCode(ctx, a.ID, now) },
	}, nil
}

func codeUnknown() *oauth.Error {
	return oauth.InvalidGrant("code_unknown", "this is not a code of this server, or it was changed on the way; send it exactly as it arrived in the redirect")
}

// boundTo checks that the code comes back from where it was sent to. RFC 6749 §4.1.3, RFC 7636 §4.6.
func boundTo(r Request, a core.Authorization) error {
	verifier := r.Form.Get("code_verifier")
	switch {
	case a.AppID != r.App.ID:
		return oauth.InvalidGrant("code_of_another_app", "this code was issued to another app")
	case r.Form.Get("redirect_uri") != a.RedirectURI:
		return oauth.InvalidGrant("code_redirect_uri", "redirect_uri must be the same as in the authorization request").
			Got(orAbsent(oauth.Printable(r.Form.Get("redirect_uri"))), orAbsent(a.RedirectURI))
	case a.CodeChallenge == "" && verifier != "":
		// RFC 9700 §4.8.2: else an attacker could strip the challenge from the authorization request.
		return oauth.InvalidGrant("pkce_not_begun", "code_verifier was sent, but the authorization request had no code_challenge")
	case a.CodeChallenge == "":
		return nil
	case verifier == "":
		return oauth.InvalidGrant("pkce_verifier_missing", "code_verifier is missing; the authorization request had a code_challenge")
	}
	if err := oauth.CheckVerifier(verifier); err != nil {
		return err
	}
	if !oauth.VerifierMatches(verifier, a.CodeChallenge) {
		return oauth.InvalidGrant("pkce_mismatch", "code_verifier does not belong to the code_challenge of the authorization request")
	}
	return nil
}

func orAbsent(s string) string {
	if s == "" {
		return "(absent)"
	}
	return s
}

// codeReplayed: RFC 6749 §4.1.2: a code that comes twice, by its own client with the right verifier, ends
// everything that the first use was given. That is an outcome which is committed, not an error that rolls back.
func (t *Room) codeReplayed(ctx context.Context, a core.Authorization) error {
	if err := t.Store.RevokeAuthorization(ctx, a, core.EventCodeReplayed, core.ID{}, t.Clock.Now()); err != nil {
		return oauth.Unavailable(fmt.Errorf("revoke after replay: %w", err))
	}
	return oauth.InvalidGrant("code_replayed", "this code was already used; for safety the tokens of its first use were revoked, start a new authorization")
}

// genuine checks what was found for a code or refresh token: one that was forged with the sealing key alone, which
// does not know the random bits, counts as not found.
func genuine(family keys.Family) func(*store.Standing, error) (*store.Standing, error) {
	return func(standing *store.Standing, err error) (*store.Standing, error) {
		switch {
		case errors.Is(err, core.ErrNotFound):
			return nil, err
		case err != nil:
			return nil, oauth.Unavailable(fmt.Errorf("load authorization: %w", err))
		case !secret.Equal(family.Digest(), standing.Digest):
			return nil, fmt.Errorf("family bits do not match: %w", core.ErrNotFound)
		}
		return standing, nil
	}
}

// ended reports whether the authorization, its grant or its identity is over.
func ended(s *store.Standing) bool {
	return !s.RevokedAt.IsZero() || !s.Grant.RevokedAt.IsZero() || s.IdentityLocked
}

func accessEnded() *oauth.Error {
	return oauth.InvalidGrant("access_ended", "the access was taken back; ask the person to authorize the app again")
}
