package keys

import (
	"crypto"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"launchpad/internal/jose"
	"launchpad/internal/secret"
	"launchpad/internal/store"
)

// stale reports whether the set has to be made anew: rows changed, a moment was reached, or the clock went back.
func (s *keySet) stale(stored []store.Key, now time.Time) bool {
	return now.Before(s.since) || !s.until.IsZero() && !now.Before(s.until) || !slices.Equal(s.stored, stored)
}

// load makes the set of what is stored. A key that does not open is left out, so that what was made with it is refused,
// and is an error beside the set: one damaged row must not keep a revocation from being followed.
func (k *Keys) load(old *keySet, stored []store.Key, now time.Time) (*keySet, error) {
	set := &keySet{
		stored: stored, since: now,
		opened:    map[string]material{},
		sealing:   map[Ring]succession[*sealingKey]{},
		opening:   map[Ring]map[keyID]sealingKey{},
		bound:     map[Ring][]byte{},
		public:    map[string]crypto.PublicKey{},
		published: []json.RawMessage{},
	}
	var damaged []error
	for _, ring := range rings {
		// Kind, issuer and epoch are bound in, so that no kind passes as another, and a restored copy can end what
		// was sealed after it.
		set.bound[ring] = []byte(string(ring) + "|" + k.Issuer() + "|" + k.o.Store.Epoch())
		set.opening[ring] = map[keyID]sealingKey{}
		usable := []Status{}
		for _, status := range k.line(ring, stored, now) {
			set.until = earliest(set.until, status.turns(now))
			if !status.lives() {
				continue
			}
			key, err := k.material(old, status.Key)
			if err != nil {
				damaged = append(damaged, err)
				continue
			}
			set.add(ring, key)
			usable = append(usable, status)
		}
		set.use(ring, usable, now)
	}
	var err error
	if set.jwks, err = json.Marshal(map[string]any{"keys": set.published}); err != nil {
		damaged = append(damaged, err)
	}
	return set, errors.Join(damaged...)
}

func (s *keySet) add(ring Ring, key material) {
	s.opened[key.row.ID] = key
	if ring != RingSigning {
		s.opening[ring][key.seal.id] = key.seal
		return
	}
	s.public[key.row.ID] = key.signer.PublicKey()
	s.published = append(s.published, key.jwk)
}

// use decides which key of a ring is for what is new.
func (s *keySet) use(ring Ring, usable []Status, now time.Time) {
	active, next := inUse(usable, now)
	if ring == RingSigning {
		s.signing = succeed(active, next, func(id string) *jose.Signer { return s.opened[id].signer })
		return
	}
	s.sealing[ring] = succeed(active, next, func(id string) *sealingKey { key := s.opened[id].seal; return &key })
}

// succeed makes the succession of the keys of a line.
func succeed[K any](active, next *Status, key func(id string) K) (s succession[K]) {
	if active != nil {
		s.active = key(active.ID)
	}
	if next != nil {
		s.next, s.from = key(next.ID), next.ActiveAt
	}
	return s
}

// material opens a row, or takes it over from the set before. Of a known key only the wrapping may have changed: a
// process goes on with the keys that it has while an operator puts them under another master key.
func (k *Keys) material(old *keySet, row store.Key) (material, error) {
	if old != nil {
		if known, ok := old.opened[row.ID]; ok && string(binding(known.row)) == string(binding(row)) {
			return known, nil
		}
	}
	private, err := k.master.open(row)
	if err != nil {
		return material{}, err
	}
	m := material{row: row}
	if Ring(row.Ring) == RingSigning {
		if m.signer, err = jose.ParseSigner(row.ID, private); err == nil {
			// Published is what the private part says, not what the row says.
			m.jwk, err = m.signer.Public()
		}
		return m, err
	}
	if m.seal.box, err = secret.NewBox(private); err != nil {
		return m, err
	}
	if _, err := hex.Decode(m.seal.id[:], []byte(row.ID)); err != nil {
		return m, fmt.Errorf("key %s: %w", row.ID, err)
	}
	return m, nil
}

// earliest of two moments; the zero time is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
