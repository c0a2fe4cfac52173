package store

import (
	"context"
	"time"
)

// Key is one stored key; its private part is sealed under the master key.
type Key struct {
	ID        string // eight hexadecimal digits
	Ring      string
	Slot      int64 // 1, 2, … within the ring
	Algorithm string
	Public    string // JWK, or "" for sealing keys
	Wrapped   string
	CreatedAt time.Time
}

// AddKey fills a slot of a ring. core.ErrConflict: another node filled it first.
func (s *Store) AddKey(ctx context.Context, k Key) error {
	return s.fact(ctx, func(t *tx) error {
		return t.must(`
			INSERT INTO keys (id, ring, slot, algorithm, public, wrapped, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT DO NOTHING`, k.ID, k.Ring, k.Slot, k.Algorithm, k.Public, k.Wrapped, ms(k.CreatedAt))
	})
}

// Keys lists all keys, oldest slot first.
func (s *Store) Keys(ctx context.Context) ([]Key, error) {
	var list []Key
	err := s.engine.view(ctx).each(`
		SELECT id, ring, slot, algorithm, public, wrapped, created_at
		FROM keys
		ORDER BY ring, slot`, nil, func(row scanner) error {
		var k Key
		err := row.Scan(&k.ID, &k.Ring, &k.Slot, &k.Algorithm, &k.Public, &k.Wrapped, since(&k.CreatedAt))
		list = append(list, k)
		return err
	})
	return list, err
}
