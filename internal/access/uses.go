package access

import (
	"context"
	"errors"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
	"launchpad/internal/uses"
)

// grantEvery is how exactly the last use of an app is known: a grant that is used all day costs a write this often.
const grantEvery = 10 * time.Minute

// inUse is what the verifier sees in use: at most one write for each rotation of a refresh token, and one a flush for a
// personal token, however often it is used.
type inUse struct {
	generations *uses.Notes[int64] // by authorization: the newest generation whose access token was seen
	grants      *uses.Notes[time.Time]
	tokens      *uses.Notes[time.Time] // personal ones
}

func newInUse(s *store.Store) *inUse {
	return &inUse{
		generations: uses.New(func(noted, seen int64) bool { return seen > noted }, s.Confirm),
		grants:      uses.Every(grantEvery, s.SeeGrants),
		tokens:      uses.Every(0, s.SeePersonalTokens),
	}
}

// token notes that an access token is in use: its grant is, and its refresh token's answer has arrived.
func (u *inUse) token(t core.AccessToken, now time.Time) {
	if !t.GrantID.Zero() {
		u.grants.Note(t.GrantID, now)
	}
	if !t.AuthorizationID.Zero() {
		u.generations.Note(t.AuthorizationID, t.Generation)
	}
}

// flush: one kind that cannot be written does not cost the others theirs.
func (u *inUse) flush(ctx context.Context) error {
	return errors.Join(u.generations.Flush(ctx), u.tokens.Flush(ctx), u.grants.Flush(ctx))
}
