package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/events"
	"launchpad/internal/keys"
	"launchpad/internal/meter"
	"launchpad/internal/secret"
	"launchpad/internal/store"
	"launchpad/internal/uses"
	"launchpad/oauth"
)

// skew is how far in the future a token's birth may lie: clocks of nodes differ.
const skew = time.Minute

// Verifier verifies tokens in memory; only personal tokens, those of another server and uncached memberships ask the
// store.
type Verifier struct {
	keys      *keys.Keys
	store     *store.Store
	log       *events.Log
	clock     core.Clock
	published oauth.Scope
	longest   time.Duration
	dead      *deadSet
	members   *members
	foreign   *foreign
	verdicts  *verdicts // of JWTs
	uses      *inUse
	verified  meter.Table // by format and outcome
}

// New makes a verifier. published is every scope that exists; longest is the longest life of an access token.
// imported finds tokens of another server. The log feeds Read.
func New(k *keys.Keys, s *store.Store, log *events.Log, clock core.Clock, published oauth.Scope, longest time.Duration, imported Imported) *Verifier {
	return &Verifier{
		keys: k, store: s, log: log, clock: clock, published: published, longest: longest,
		dead: newDeadSet(clock, longest), members: newMembers(s), foreign: newForeign(imported, clock), verdicts: newVerdicts(), uses: newInUse(s),
	}
}

// Read takes in a line of the change log.
func (v *Verifier) Read(e core.Event) {
	v.dead.read(e)
	v.members.read(e)
}

// Token is a verified token with the rights that it has now.
type Token struct {
	core.AccessToken
	Personal bool
	Imported string // its digest, if another server issued it
}

// Verify answers whether token is good now. Its errors are *oauth.Error: invalid_token, or a passing fault.
func (v *Verifier) Verify(ctx context.Context, token string) (t Token, err error) {
	format := "none"
	switch {
	case strings.HasPrefix(token, string(secret.AccessToken)):
		format = "sealed"
		t, err = v.sealed(ctx, token)
	case strings.HasPrefix(token, string(secret.PersonalToken)):
		format = "personal"
		t, err = v.personal(ctx, token)
	case strings.Count(token, ".") == 2:
		format = "jwt"
		if t, err = v.jwt(ctx, token); err != nil && oauth.AsError(err).Slug == unknown().Slug {
			t, err = v.imported(ctx, token) // other servers issue JWTs, too
		}
	default:
		if t, err = v.imported(ctx, token); err == nil || oauth.AsError(err).Slug != unknown().Slug {
			format = "imported"
		}
	}
	v.verified.Add(format, outcome(err))
	return t, err
}

func outcome(err error) string {
	if err == nil {
		return "good"
	}
	return oauth.AsError(err).Slug
}

func (v *Verifier) sealed(ctx context.Context, token string) (Token, error) {
	t, err := v.keys.OpenAccess(token)
	if err != nil {
		return Token{}, refused(err)
	}
	return v.live(ctx, t)
}

// live is what every access token has to pass, whatever its format.
func (v *Verifier) live(ctx context.Context, t core.AccessToken) (Token, error) {
	now := v.clock.Now()
	// What died is remembered for as long as tokens live today: one that was made to live longer ends with the others.
	if ends := t.IssuedAt.Add(v.longest); ends.Before(t.ExpiresAt) {
		t.ExpiresAt = ends
	}
	if !now.Before(t.ExpiresAt) {
		return Token{}, expired(now.Sub(t.ExpiresAt))
	}
	if t.IssuedAt.After(now.Add(skew)) {
		return Token{}, oauth.InvalidToken("access_token_from_future", "the access token says that it was issued in the future; check the clocks").Briefly(oauth.TokenInvalid)
	}
	// Memory may say yes only while it knows what other nodes revoked.
	if err := v.log.Current(ctx); err != nil {
		return Token{}, oauth.Unavailable(err)
	}
	if !v.dead.narrow(&t) {
		return Token{}, revoked()
	}
	v.uses.token(t, now)
	return Token{AccessToken: t}, nil
}

func (v *Verifier) personal(ctx context.Context, token string) (Token, error) {
	id, ok := secret.OpenHandle(secret.PersonalToken, token)
	if !ok {
		return Token{}, unknown()
	}
	p, err := v.store.PersonalToken(ctx, id)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return Token{}, unknown()
	case err != nil:
		return Token{}, oauth.Unavailable(fmt.Errorf("look up personal token: %w", err))
	case !secret.Matches(token, p.Digest):
		return Token{}, unknown()
	case !p.RevokedAt.IsZero():
		return Token{}, revoked()
	}
	now := v.clock.Now()
	if !p.ExpiresAt.IsZero() && !now.Before(p.ExpiresAt) {
		return Token{}, oauth.InvalidToken("personal_token_expired", oauth.TokenExpired+". This personal token ended %s ago; make a new one in the portal", ago(now.Sub(p.ExpiresAt))).Briefly(oauth.TokenExpired)
	}
	v.uses.tokens.Note(p.ID, now)
	return Token{Personal: true, AccessToken: core.AccessToken{
		ID: p.ID, IdentityID: p.IdentityID, AppID: p.AppID, IssuedAt: p.CreatedAt, ExpiresAt: p.ExpiresAt,
		Scope: p.MayUse(v.published), Reach: p.Reach,
	}}, nil
}

// refused tells a string that is none of ours from one whose key could not be asked for.
func refused(err error) *oauth.Error {
	if errors.Is(err, core.ErrUnavailable) {
		return oauth.Unavailable(err)
	}
	return unknown().Because(err)
}

// The challenges say what Doorkeeper says, by which old clients tell the cases apart; the answers go on from there.
func unknown() *oauth.Error {
	return oauth.InvalidToken("access_token_unknown", oauth.TokenInvalid+". It is not one of this server, or it was changed on the way; send it exactly as it was issued").Briefly(oauth.TokenInvalid)
}

func expired(since time.Duration) *oauth.Error {
	return oauth.InvalidToken("access_token_expired", oauth.TokenExpired+". It ended %s ago; use the refresh token to get a new one", ago(since)).Briefly(oauth.TokenExpired)
}

func revoked() *oauth.Error {
	return oauth.InvalidToken("access_token_revoked", oauth.TokenRevoked+". The access that it stands for was taken back; ask the person to authorize the app again").Briefly(oauth.TokenRevoked)
}

// ago rounds to what a developer wants to read.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return d.Truncate(time.Second).String()
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}

// Flush writes the notes of use that are waiting.
func (v *Verifier) Flush(ctx context.Context) error { return v.uses.flush(ctx) }

// Run flushes and forgets in the background until ctx ends.
func (v *Verifier) Run(ctx context.Context) {
	uses.Keep(ctx, func(ctx context.Context) error {
		v.dead.forget()
		return v.uses.flush(ctx)
	})
}
