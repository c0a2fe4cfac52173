package imported

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/keys"
	"launchpad/internal/secret"
	"launchpad/internal/store"
)

// LookEvery is how long a process that knows of no import goes on without asking again. Most never hear of one, and then
// a stranger's string costs no look-up. Whoever imports waits as long before the first token comes.
const LookEvery = time.Second

// longest string that is looked up: no server known to us issued longer ones.
const longest = 4096

// Tokens finds them.
type Tokens struct {
	store *store.Store
	clock core.Clock
	some  atomic.Bool

	mu       sync.Mutex // held while the store is asked, so that nobody decides without its answer
	lookedAt time.Time
}

// New makes the finder.
func New(s *store.Store, clock core.Clock) *Tokens { return &Tokens{store: s, clock: clock} }

// possible is core.ErrNotFound for a string that need not be looked up: one of ours, or no import was ever begun.
func (t *Tokens) possible(ctx context.Context, sent string) error {
	if sent == "" || len(sent) > longest || strings.HasPrefix(sent, "lp_") {
		return core.ErrNotFound
	}
	if t.some.Load() {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock.Now()
	if !t.some.Load() && now.Sub(t.lookedAt) >= LookEvery {
		some, err := t.store.HoldsImportedTokens(ctx)
		if err != nil {
			return fmt.Errorf("look for imports: %w", err)
		}
		t.some.Store(some)
		t.lookedAt = now
	}
	if !t.some.Load() {
		return core.ErrNotFound
	}
	return nil
}

// Access finds an access token, which is a use of it: what it was refreshed from ends. core.ErrNotFound: it is none, or it
// is over.
func (t *Tokens) Access(ctx context.Context, sent string) (core.ImportedToken, error) {
	if err := t.possible(ctx, sent); err != nil {
		return core.ImportedToken{}, err
	}
	found, err := t.store.ImportedAccessToken(ctx, secret.Digest(sent))
	if err == nil && found.Unused {
		err = t.store.EndPredecessor(ctx, found.AuthorizationID, t.clock.Now())
	}
	return found, err
}

// Refresh finds what a refresh token stands for: generation 1 of the family that begins with it. core.ErrNotFound: it is
// none, or its authorization was swept.
func (t *Tokens) Refresh(ctx context.Context, sent string) (keys.Family, *store.Standing, error) {
	if err := t.possible(ctx, sent); err != nil {
		return keys.Family{}, nil, err
	}
	id, err := t.store.ImportedRefreshToken(ctx, secret.Digest(sent))
	if err != nil {
		return keys.Family{}, nil, err
	}
	standing, err := t.store.Authorization(ctx, id)
	if err != nil {
		return keys.Family{}, nil, err
	}
	return keys.Family{AuthorizationID: id, Generation: 1, Bits: bits(sent)}, standing, nil
}

// Claim gives the family the digest of its bits, at the first use of the refresh token, and ends what it was refreshed
// from. Of several that come at once all bring the same.
func (t *Tokens) Claim(ctx context.Context, family keys.Family, standing *store.Standing) error {
	if standing.Digest != "" {
		return nil
	}
	if err := t.store.EndPredecessor(ctx, family.AuthorizationID, t.clock.Now()); err != nil {
		return err
	}
	err := t.store.ClaimFamily(ctx, family.AuthorizationID, family.Digest())
	if errors.Is(err, core.ErrConflict) {
		return nil
	}
	return err
}

// bits are those of the family: they come from the token itself, of which we keep only a digest, so that nobody who reads
// the database can make them.
func bits(sent string) (b [16]byte) {
	sum := sha256.Sum256([]byte("launchpad family of an imported refresh token|" + sent))
	copy(b[:], sum[:])
	return b
}
