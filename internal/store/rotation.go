package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"launchpad/internal/core"
)

// Rotation is the step from one generation of refresh token to the next, and what it stands on.
type Rotation struct {
	ID           core.ID
	From         int64
	Digest       string // of the family's bits
	GrantID      core.ID
	GrantVersion int64
	IdentityID   core.ID
	AppID        core.ID
	At           time.Time
}

// Remembered is how many of its last rotations a row remembers.
const Remembered = 8

// Rotate takes the step, once. core.ErrConflict: it is not the current generation, the authorization or what it stands
// on is over or was edited, or there is no such authorization at all.
func (s *Store) Rotate(ctx context.Context, r Rotation) error {
	return s.hot(ctx, func(t *tx) error {
		return t.must(`
			UPDATE authorizations
			SET generation = generation + 1, rotated_at = $8,
				recent = CASE WHEN length(recent) < `+fullMemory+` THEN recent ELSE substr(recent, `+secondMoment+`) END || $9
			WHERE id = $1 AND generation = $2 AND digest = $3 AND revoked_at IS NULL
				AND grant_id = $4 AND identity_id = $6 AND app_id = $7
				AND EXISTS (
					SELECT 1
					FROM grants g
					JOIN identities i ON i.id = g.identity_id
					WHERE g.id = $4 AND g.version = $5 AND g.revoked_at IS NULL AND i.locked_at IS NULL)`,
			r.ID, r.From, r.Digest, r.GrantID, r.GrantVersion, r.IdentityID, r.AppID, ms(r.At), moment(r.At))
	})
}

// Recover notes that the predecessor of the current generation was answered again after longer than the window, because
// its answer was lost. The window then begins anew, so that whoever comes again meanwhile is no news.
func (s *Store) Recover(ctx context.Context, a core.Authorization, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`
			UPDATE authorizations
			SET recent = substr(recent, 1, length(recent) - `+oneMoment+`) || $3
			WHERE id = $1 AND generation = $2 AND revoked_at IS NULL AND recent <> ''`, a.ID, a.Generation, moment(now)); err != nil {
			return err
		}
		return t.log(core.Event{At: now, Kind: core.EventRefreshRecovered, SubjectID: a.ID, IdentityID: a.IdentityID, AppID: a.AppID})
	})
}

// The memory is unix milliseconds of 13 digits each, oldest first: they fit until the year 2286, and one text of SQL
// can drop the first and append another.
const (
	momentLength = 13
	oneMoment    = "13"
	fullMemory   = "104" // Remembered * momentLength
	secondMoment = "14"  // where the second begins
)

func moment(at time.Time) string { return fmt.Sprintf("%0*d", momentLength, at.UnixMilli()) }

// momentsOf reads what Rotate wrote.
func momentsOf(dest *[]time.Time) sql.Scanner { return (*momentsColumn)(dest) }

type momentsColumn []time.Time

func (c *momentsColumn) Scan(src any) error {
	text, ok := src.(string)
	if !ok || len(text)%momentLength != 0 {
		return fmt.Errorf("scan moments: unexpected %T %v", src, src)
	}
	*c = nil
	for ; text != ""; text = text[momentLength:] {
		ms, err := strconv.ParseInt(text[:momentLength], 10, 64)
		if err != nil {
			return fmt.Errorf("scan moments: %w", err)
		}
		*c = append(*c, time.UnixMilli(ms).UTC())
	}
	return nil
}
