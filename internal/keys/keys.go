package keys

import (
	"context"
	"crypto"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"

	"launchpad/internal/core"
	"launchpad/internal/jose"
	"launchpad/internal/secret"
	"launchpad/internal/store"
)

// Ring is the keys of one purpose. Each kind of sealed string has a ring of its own.
type Ring string

const (
	RingAccess      Ring = "seal:access_token"
	RingRefresh     Ring = "seal:refresh_token"
	RingCode        Ring = "seal:code"
	RingInteraction Ring = "seal:interaction"
	RingDevice      Ring = "seal:device"
	RingSigning     Ring = "sign"
)

var rings = []Ring{RingAccess, RingRefresh, RingCode, RingInteraction, RingDevice, RingSigning}

const algorithmSeal = "XChaCha20-Poly1305"

// Keys is the open key set of a running process.
type Keys struct {
	store  *store.Store
	clock  core.Clock
	master secret.Box
	issuer string
	set    atomic.Pointer[keySet]
}

// keySet is replaced as a whole, so that readers need no lock.
type keySet struct {
	sealing  map[Ring]sealingKey           // the active key of each ring
	opening  map[Ring]map[keyID]sealingKey // every key of each ring
	bound    map[Ring][]byte               // what seals of the ring are bound to
	signer   *jose.Signer                  // the active signing key
	verifier map[string]crypto.PublicKey   // by kid
	jwks     json.RawMessage
}

type keyID [4]byte

type sealingKey struct {
	id  keyID
	box secret.Box
}

// Open reads the key set, and fills rings that are still empty. It fails, and changes nothing, if the master key
// is not the one that the stored keys were wrapped with.
func Open(ctx context.Context, s *store.Store, clock core.Clock, issuer string, master []byte) (*Keys, error) {
	box, err := secret.NewBox(master)
	if err != nil {
		return nil, fmt.Errorf("open keys: master key: %w", err)
	}
	k := &Keys{store: s, clock: clock, master: box, issuer: issuer}
	stored, err := s.Keys(ctx)
	if err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	if made, err := k.fill(ctx, stored); err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	} else if made {
		// Read again: where two nodes start at once, each slot has one winner and both use it.
		if stored, err = s.Keys(ctx); err != nil {
			return nil, fmt.Errorf("open keys: %w", err)
		}
	}
	set, err := k.load(stored)
	if err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	k.set.Store(set)
	return k, nil
}

// fill makes the first key of each empty ring.
func (k *Keys) fill(ctx context.Context, stored []store.Key) (made bool, err error) {
	have := map[string]bool{}
	for _, key := range stored {
		have[key.Ring] = true
	}
	for _, ring := range rings {
		if have[string(ring)] {
			continue
		}
		key, err := k.make(ring, 1)
		if err != nil {
			return made, err
		}
		if err := k.store.AddKey(ctx, key); err != nil && !errors.Is(err, core.ErrConflict) {
			return made, err
		}
		made = true
	}
	return made, nil
}

func (k *Keys) make(ring Ring, slot int64) (store.Key, error) {
	id := hex.EncodeToString(secret.Bytes(len(keyID{})))
	key := store.Key{ID: id, Ring: string(ring), Slot: slot, CreatedAt: k.clock.Now()}
	private := secret.Bytes(secret.KeySize)
	key.Algorithm = algorithmSeal
	if ring == RingSigning {
		signer, err := jose.NewSigner(id)
		if err != nil {
			return store.Key{}, err
		}
		public, err := signer.Public()
		if err != nil {
			return store.Key{}, err
		}
		if private, err = signer.Private(); err != nil {
			return store.Key{}, err
		}
		key.Algorithm, key.Public = jose.ES256, string(public)
	}
	// Bound to its row, so that two rows cannot be swapped.
	key.Wrapped = base64.RawStdEncoding.EncodeToString(k.master.Seal(nil, private, rowBinding(key)))
	return key, nil
}

func rowBinding(key store.Key) []byte { return []byte("key|" + key.Ring + "|" + key.ID) }

func (k *Keys) unwrap(key store.Key) ([]byte, error) {
	wrapped, err := base64.RawStdEncoding.DecodeString(key.Wrapped)
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", key.ID, err)
	}
	private, err := k.master.Open(wrapped, rowBinding(key))
	if err != nil {
		return nil, fmt.Errorf("key %s was stored under another master key; start with the master key that this database was made with", key.ID)
	}
	return private, nil
}

func (k *Keys) load(stored []store.Key) (*keySet, error) {
	set := &keySet{
		sealing:  map[Ring]sealingKey{},
		opening:  map[Ring]map[keyID]sealingKey{},
		bound:    map[Ring][]byte{},
		verifier: map[string]crypto.PublicKey{},
	}
	var public []json.RawMessage
	for _, key := range stored {
		private, err := k.unwrap(key)
		if err != nil {
			return nil, err
		}
		ring := Ring(key.Ring)
		if ring == RingSigning {
			signer, err := jose.ParseSigner(key.ID, private)
			if err != nil {
				return nil, err
			}
			set.signer = signer
			set.verifier[key.ID] = signer.PublicKey()
			public = append(public, json.RawMessage(key.Public))
			continue
		}
		if err := set.addSealing(ring, key.ID, private); err != nil {
			return nil, err
		}
		// Kind, issuer and epoch are bound in, so that no kind passes as another, and a restored copy can end
		// what was sealed after it.
		set.bound[ring] = []byte(key.Ring + "|" + k.issuer + "|" + k.store.Epoch())
	}
	var err error
	set.jwks, err = json.Marshal(map[string]any{"keys": public})
	return set, err
}

func (s *keySet) addSealing(ring Ring, id string, private []byte) error {
	box, err := secret.NewBox(private)
	if err != nil {
		return err
	}
	key := sealingKey{box: box}
	if _, err := hex.Decode(key.id[:], []byte(id)); err != nil {
		return fmt.Errorf("key %s: %w", id, err)
	}
	if s.opening[ring] == nil {
		s.opening[ring] = map[keyID]sealingKey{}
	}
	s.opening[ring][key.id] = key
	s.sealing[ring] = key // the last slot is the active one
	return nil
}

// JWKS is the public key set. RFC 7517 §5.
func (k *Keys) JWKS() json.RawMessage { return k.set.Load().jwks }

// Signer is the active signing key.
func (k *Keys) Signer() *jose.Signer { return k.set.Load().signer }

// Verifier finds a published key by its kid.
func (k *Keys) Verifier(kid string) (crypto.PublicKey, bool) {
	key, ok := k.set.Load().verifier[kid]
	return key, ok
}

// Issuer is the issuer identifier that everything is bound to.
func (k *Keys) Issuer() string { return k.issuer }
