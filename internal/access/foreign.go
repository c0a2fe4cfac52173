package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/maypok86/otter/v2"

	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/oauth"
)

// Tokens that another server issued say nothing themselves: what they stand for is read from the store, and kept for a
// moment. Nothing is kept of strings that stand for nothing.

// Imported finds an access token that came with an import: core.ErrNotFound, or a passing fault.
type Imported interface {
	Access(ctx context.Context, sent string) (core.ImportedToken, error)
}

const (
	foreignSize = 20_000
	// foreignAge is much younger than what the dead set remembers, so that what ended since is known.
	foreignAge = 10 * time.Second
)

type foreign struct {
	imported Imported
	clock    core.Clock
	cache    *otter.Cache[string, read] // by digest
}

// read is a token and when it was read.
type read struct {
	core.ImportedToken
	at time.Time
}

func newForeign(imported Imported, clock core.Clock) *foreign {
	return &foreign{imported, clock, otter.Must(&otter.Options[string, read]{MaximumSize: foreignSize, Executor: core.Here})}
}

func (f *foreign) find(ctx context.Context, sent string) (core.ImportedToken, error) {
	digest, now := secret.Digest(sent), f.clock.Now()
	if kept, ok := f.cache.GetIfPresent(digest); ok && now.Sub(kept.at) < foreignAge {
		return kept.ImportedToken, nil
	}
	found, err := f.imported.Access(ctx, sent)
	if err != nil {
		f.cache.Invalidate(digest)
		return found, err
	}
	f.cache.Set(digest, read{found, now})
	return found, nil
}

func (v *Verifier) imported(ctx context.Context, sent string) (Token, error) {
	// Memory may say yes only while it knows what other nodes revoked.
	if err := v.log.Current(ctx); err != nil {
		return Token{}, oauth.Unavailable(err)
	}
	t, err := v.foreign.find(ctx, sent)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return Token{}, unknown()
	case err != nil:
		return Token{}, oauth.Unavailable(fmt.Errorf("look up imported token: %w", err))
	}
	now := v.clock.Now()
	if !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt) {
		return Token{}, expired(now.Sub(t.ExpiresAt))
	}
	if !v.dead.narrow(&t.AccessToken) {
		return Token{}, revoked()
	}
	v.uses.token(t.AccessToken, now)
	return Token{AccessToken: t.AccessToken, Imported: t.Digest}, nil
}
