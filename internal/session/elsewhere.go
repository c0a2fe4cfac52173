package session

import (
	"context"
	"crypto/sha256"

	"launchpad/internal/core"
	"launchpad/internal/secret"
)

// A browser that is signed in here may be known at other hosts, which never see our cookie. What it shows there names the
// session and proves that it was made here, and is worth nothing once the session has ended.

// Proof is what a browser shows of a session at another place. The row's digest is needed to make it.
func Proof(session core.Session, place string) core.ID {
	sum := sha256.Sum256([]byte("launchpad session elsewhere|" + session.Digest + "|" + place))
	return core.ID(sum[:16])
}

// Elsewhere gives the person of a session that is proved so and lives; nobody if there is none.
func (s *Sessions) Elsewhere(ctx context.Context, id core.ID, place string, proof core.ID) (core.Identity, error) {
	_, identity, err := s.alive(ctx, id, func(held core.Session) bool {
		made := Proof(held, place)
		return secret.Equal(string(made[:]), string(proof[:]))
	})
	return identity, err
}
