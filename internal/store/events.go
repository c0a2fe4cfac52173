package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/secret"
)

// log writes a line of the change log inside the fact, and lets the subscribers hear of it once it is committed.
func (t *tx) log(e core.Event) error {
	e.ID = secret.NewID(e.At)
	if e.Data == "" {
		e.Data = "{}"
	}
	_, err := t.exec(`
		INSERT INTO events (id, at, kind, actor_id, subject_id, identity_id, app_id, account_id, data)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		e.ID, ms(e.At), string(e.Kind), e.ActorID, e.SubjectID, e.IdentityID, e.AppID, e.AccountID, e.Data)
	if err == nil {
		t.events = append(t.events, e)
	}
	return err
}

// Events calls each for every line of the given kinds since a time, oldest first; no kinds are all of them. Ids are
// time-ordered, so this is one range of the primary key.
func (s *Store) Events(ctx context.Context, from time.Time, kinds []core.EventKind, each func(core.Event)) error {
	values, places := args(firstID(from).String()), make([]string, len(kinds))
	for i, kind := range kinds {
		values = append(values, string(kind))
		places[i] = "$" + strconv.Itoa(i+2)
	}
	ofKinds := ""
	if len(kinds) > 0 {
		ofKinds = "AND kind IN (" + strings.Join(places, ", ") + ")"
	}
	return s.engine.view(ctx).each(`
		SELECT `+lineColumns+`
		FROM events
		WHERE id >= $1 `+ofKinds+`
		ORDER BY id`, values, func(row scanner) error {
		line, err := scanLine(row)
		if err == nil {
			each(line.Event)
		}
		return err
	})
}

// firstID is the smallest id of a moment.
func firstID(at time.Time) (first core.ID) {
	for i, ms := 0, uint64(at.UnixMilli()); i < 6; i++ {
		first[i] = byte(ms >> (40 - 8*i))
	}
	return first
}

const eventColumns = `id, at, kind, actor_id, subject_id, identity_id, app_id, account_id, data`

func scanEvent(e *core.Event) []any {
	return []any{&e.ID, since(&e.At), (*string)(&e.Kind), &e.ActorID, &e.SubjectID, &e.IdentityID, &e.AppID, &e.AccountID, &e.Data}
}
