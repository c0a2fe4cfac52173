package store

import (
	"context"
	"encoding/json"
	"time"

	"launchpad/internal/core"
)

// Key is one stored key; its private part is sealed under the master key.
type Key struct {
	ID        string // eight hexadecimal digits
	Ring      string
	Slot      int64 // 1, 2, … within the ring
	Algorithm string
	Public    string    // JWK, or "" for sealing keys
	Wrapped   string    // "" once it is revoked
	CreatedAt time.Time // and published: whoever reads the table knows it
	ActiveAt  time.Time // from when on it is used for what is new
	RevokedAt time.Time
}

// NameMasterKey says which master key the keys are wrapped under, once, and returns the name that was first.
func (s *Store) NameMasterKey(ctx context.Context, name string) (first string, err error) {
	return s.once(ctx, masterKey, name)
}

const masterKey = "master_key"

// PublishKey fills the next slot of a ring. core.ErrConflict: another node filled it first, or the keys are wrapped
// under another master key by now.
func (s *Store) PublishKey(ctx context.Context, k Key, master string) error {
	return s.fact(ctx, func(t *tx) error { return t.insertKey(k, master) })
}

func (t *tx) insertKey(k Key, master string) error {
	if err := t.must(`
		INSERT INTO keys (id, ring, slot, algorithm, public, wrapped, created_at, active_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8
		FROM meta
		WHERE name = '`+masterKey+`' AND value = $9
			AND (SELECT coalesce(max(slot), 0) + 1 FROM keys WHERE ring = $2) = $3
		ON CONFLICT DO NOTHING`,
		k.ID, k.Ring, k.Slot, k.Algorithm, k.Public, k.Wrapped, ms(k.CreatedAt), ms(k.ActiveAt), master); err != nil {
		return err
	}
	return t.log(keyEvent(core.EventKeyPublished, k.ID, k.Ring, k.CreatedAt))
}

// keyEvent tells of a key. Nobody is named: keys are kept by the schedule, and by whoever has the master key.
func keyEvent(kind core.EventKind, id, ring string, now time.Time) core.Event {
	data, _ := json.Marshal(KeyChange{id, ring}) // text cannot fail
	return core.Event{At: now, Kind: kind, Data: string(data)}
}

// KeyChange is the Data of a key.published or key.revoked event.
type KeyChange struct {
	ID   string `json:"kid"`
	Ring string `json:"ring"`
}

// RevokeKey ends a key before its time and erases its private part. If it was the one in use, the next is in use at
// once: one that is published already, else successor. core.ErrNotFound: there is no such key. core.ErrConflict: it is
// revoked already, or the successor does not fit behind what is there by now.
func (s *Store) RevokeKey(ctx context.Context, id string, now time.Time, successor Key, master string) error {
	return s.fact(ctx, func(t *tx) error {
		var ring string
		if err := t.one(`SELECT ring FROM keys WHERE id = $1`, args(id), &ring); err != nil {
			return err
		}
		if err := t.must(`
			UPDATE keys
			SET revoked_at = $2, wrapped = ''
			WHERE id = $1 AND revoked_at IS NULL`, id, ms(now)); err != nil {
			return err
		}
		if err := t.log(keyEvent(core.EventKeyRevoked, id, ring, now)); err != nil {
			return err
		}
		var used bool
		if err := t.one(`
			SELECT EXISTS (
				SELECT 1
				FROM keys
				WHERE ring = $1 AND revoked_at IS NULL
					AND slot = (SELECT max(slot) FROM keys WHERE ring = $1 AND active_at <= $2))`, args(ring, ms(now)), isTrue(&used)); err != nil || used {
			return err
		}
		promoted, err := t.exec(`
			UPDATE keys
			SET active_at = $2
			WHERE ring = $1 AND slot = (SELECT min(slot) FROM keys WHERE ring = $1 AND revoked_at IS NULL AND active_at > $2)`,
			ring, ms(now))
		if err != nil || promoted > 0 {
			return err
		}
		if successor.Ring != ring {
			return core.ErrConflict
		}
		return t.insertKey(successor, master)
	})
}

// Rewrap is a key's private part, as it is stored and as it is to be stored.
type Rewrap struct{ ID, From, To string }

// RewrapKeys puts all keys under another master key, or under other bindings, as a whole. core.ErrConflict: what is
// stored is not, or not only, what was read.
func (s *Store) RewrapKeys(ctx context.Context, from, to string, all []Rewrap, now time.Time) error {
	return s.fact(ctx, func(t *tx) error {
		if err := t.must(`UPDATE meta SET value = $2 WHERE name = '`+masterKey+`' AND value = $1`, from, to); err != nil {
			return err
		}
		for _, r := range all {
			if err := t.must(`UPDATE keys SET wrapped = $3 WHERE id = $1 AND wrapped = $2`, r.ID, r.From, r.To); err != nil {
				return err
			}
		}
		var stored int
		if err := t.one(`SELECT count(*) FROM keys WHERE wrapped <> ''`, nil, &stored); err != nil {
			return err
		}
		if stored != len(all) {
			return core.ErrConflict
		}
		if from == to {
			return nil
		}
		return t.log(core.Event{At: now, Kind: core.EventKeysRewrapped})
	})
}

// DestroyKey forgets a key that is over.
func (s *Store) DestroyKey(ctx context.Context, id string) error {
	return s.fact(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM keys WHERE id = $1`, id)
		return err
	})
}

// Keys lists all keys, oldest slot first.
func (s *Store) Keys(ctx context.Context) ([]Key, error) {
	var list []Key
	err := s.engine.view(ctx).each(`
		SELECT id, ring, slot, algorithm, public, wrapped, created_at, active_at, revoked_at
		FROM keys
		ORDER BY ring, slot`, nil, func(row scanner) error {
		var k Key
		err := row.Scan(&k.ID, &k.Ring, &k.Slot, &k.Algorithm, &k.Public, &k.Wrapped, since(&k.CreatedAt), since(&k.ActiveAt), since(&k.RevokedAt))
		list = append(list, k)
		return err
	})
	return list, err
}
