package store

import (
	"context"
	"encoding/base64"
	"errors"

	"launchpad/internal/core"
	"launchpad/internal/secret"
)

// What came from another server is known by its key there, and such a key can be an e-mail address or a name. Once a person
// is deleted, a keyed digest stands where the key stood, and the row says no more what it became: another run of the import
// still sees that the row came, and nobody can read from it who that was, or try keys without the database at hand.

// forgotten stands before a digest.
const forgotten = "forgotten:"

// forgetting is the name of the key of the digests.
const forgetting = "forgotten_rows"

func forgottenKey(key, source, kind, text string) string {
	return forgotten + base64.RawURLEncoding.EncodeToString(secret.Derive([]byte(key), source+"\x00"+kind+"\x00"+text))
}

// forgetImported blanks every row that became a person or an account of theirs.
func (t *tx) forgetImported(here core.ID) error {
	type row struct{ source, kind, key string }
	var rows []row
	if err := t.each(`
		SELECT source, kind, key
		FROM imported_rows
		WHERE id = $1`, args(here), func(s scanner) error {
		var r row
		err := s.Scan(&r.source, &r.kind, &r.key)
		rows = append(rows, r)
		return err
	}); err != nil || len(rows) == 0 {
		return err
	}
	key := base64.RawURLEncoding.EncodeToString(secret.Bytes(32))
	if _, err := t.exec(`
		INSERT INTO meta (name, value)
		VALUES ($1, $2)
		ON CONFLICT DO NOTHING`, forgetting, key); err != nil {
		return err
	}
	if err := t.one(`SELECT value FROM meta WHERE name = $1`, args(forgetting), &key); err != nil {
		return err
	}
	for _, r := range rows {
		// RFC 9562 §5.9: the Nil UUID is nobody's.
		if err := t.must(`
			UPDATE imported_rows
			SET key = $4, id = $5
			WHERE source = $1 AND kind = $2 AND key = $3`, r.source, r.kind, r.key, forgottenKey(key, r.source, r.kind, r.key), core.ID{}.String()); err != nil {
			return err
		}
	}
	return nil
}

// spelled gives the keys of rows as they may stand here, each with the key in the source.
func (s *Store) spelled(ctx context.Context, source, kind string, keys []string) (map[string]string, error) {
	found := map[string]string{}
	for _, text := range keys {
		found[text] = text
	}
	var key string
	err := s.engine.view(ctx).one(`SELECT value FROM meta WHERE name = $1`, args(forgetting), &key)
	if errors.Is(err, core.ErrNotFound) {
		return found, nil // nobody was ever forgotten
	}
	for _, text := range keys {
		found[forgottenKey(key, source, kind, text)] = text
	}
	return found, err
}
