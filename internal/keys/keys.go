package keys

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

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
	RingSite        Ring = "seal:site"
	RingSigning     Ring = "sign"
)

var rings = []Ring{RingAccess, RingRefresh, RingCode, RingInteraction, RingDevice, RingSite, RingSigning}

// Options is what a key set is made of.
type Options struct {
	Store     *store.Store
	Clock     core.Clock
	Issuer    string
	MasterKey []byte
	Rotation  Rotation
	Lives     map[Ring]time.Duration // how long what is made with a key of the ring lives, at most
	Log       *slog.Logger

	// BearDamage opens even if some rows do not, so that they can be listed and revoked.
	BearDamage bool
}

// Keys is the open key set of a running process.
type Keys struct {
	o      Options
	master wrapping
	set    atomic.Pointer[keySet]

	mu      sync.Mutex // of whoever looks at the stored keys
	asked   bool       // a string of an unknown key made us look since the last turn of Run
	trouble error      // of the last look
}

// Open reads the key set, and fills rings that are still empty. It fails, and changes nothing, if the master key
// is not the one that the stored keys were wrapped with.
func Open(ctx context.Context, o Options) (*Keys, error) {
	k := &Keys{o: o}
	if err := k.begin(ctx); err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	return k, nil
}

func (k *Keys) begin(ctx context.Context) error {
	for _, ring := range rings {
		if k.o.Lives[ring] <= 0 {
			return fmt.Errorf("how long do strings of the ring %s live?", ring)
		}
	}
	var err error
	if k.master, err = newWrapping(k.o.MasterKey); err != nil {
		return err
	}
	stored, err := k.o.Store.Keys(ctx)
	if err != nil {
		return err
	}
	if err := k.master.opensAll(stored); err != nil && (!k.o.BearDamage || errors.Is(err, errAnotherMaster)) {
		return err
	}
	// Beside the proof that the keys are, so that two processes with different master keys cannot both fill empty rings.
	first, err := k.o.Store.NameMasterKey(ctx, k.master.name)
	if err != nil {
		return err
	}
	if first != k.master.name {
		return errAnotherMaster
	}
	if err := k.bindAnew(ctx, stored); err != nil && !k.o.BearDamage {
		return err
	}
	if err := k.Tend(ctx); err != nil && (!k.o.BearDamage || k.trouble != nil) {
		return err
	}
	return nil
}

// keySet is replaced as a whole, so that readers need no lock.
type keySet struct {
	stored    []store.Key         // what it was made of
	opened    map[string]material // by id
	since     time.Time           // when it was made
	until     time.Time           // when the clock alone changes it; zero: never
	sealing   map[Ring]succession[*sealingKey]
	opening   map[Ring]map[keyID]sealingKey // every key of each ring that is not over
	bound     map[Ring][]byte               // what seals of the ring are bound to
	signing   succession[*jose.Signer]
	public    map[string]crypto.PublicKey // by kid
	published []json.RawMessage           // public keys as JWK, oldest first
	jwks      json.RawMessage
}

// material is a key whose private part was opened, under the row that said so.
type material struct {
	row    store.Key
	seal   sealingKey      // of a sealing ring
	signer *jose.Signer    // of the signing ring
	jwk    json.RawMessage // its public half
}

type keyID [4]byte

type sealingKey struct {
	id  keyID
	box secret.Box
}

// succession is the key in use and, while one waits, its successor.
type succession[K any] struct {
	active K
	next   K
	from   time.Time // when next takes over; zero: none waits
}

// at gives the key for what is made now. Only while a successor waits the clock is asked.
func (s *succession[K]) at(clock core.Clock) K {
	if !s.from.IsZero() && !clock.Now().Before(s.from) {
		return s.next
	}
	return s.active
}

// JWKS is the public key set. RFC 7517 §5.
func (k *Keys) JWKS() json.RawMessage { return k.set.Load().jwks }

// Signer is the active signing key.
func (k *Keys) Signer() *jose.Signer { return k.set.Load().signing.at(k.o.Clock) }

// Verifier finds a published key by its kid. Its errors are ErrSealed, or a passing fault.
func (k *Keys) Verifier(kid string) (crypto.PublicKey, error) {
	set := k.set.Load()
	key, ok := set.public[kid]
	if ok {
		return key, nil
	}
	set, err := k.fresher(set)
	if err != nil {
		return nil, err
	}
	if key, ok = set.public[kid]; !ok {
		return nil, ErrSealed
	}
	return key, nil
}

// Issuer is the issuer identifier that everything is bound to.
func (k *Keys) Issuer() string { return k.o.Issuer }

// longestLook bounds the wait of a request for the store.
const longestLook = 2 * time.Second

// fresher looks once more at what is stored, for a string whose key is not in old: the key may be younger than the last
// look. Whoever sends whatever, that is one read between two turns of Run; those who come at the same time share it.
func (k *Keys) fresher(old *keySet) (*keySet, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if set := k.set.Load(); set != old {
		return set, nil
	}
	if !k.asked {
		k.asked = true
		ctx, cancel := context.WithTimeout(context.Background(), longestLook)
		defer cancel()
		_ = k.follow(ctx) // a damaged row is for Run to report; a fault of the store is remembered
	}
	return k.set.Load(), k.trouble
}

// follow takes over what is stored. A look that fails leaves everything as it is.
func (k *Keys) follow(ctx context.Context) error {
	stored, err := k.o.Store.Keys(ctx)
	if k.trouble = err; err != nil {
		return fmt.Errorf("look at the keys: %w", err)
	}
	set := k.set.Load()
	if now := k.o.Clock.Now(); set == nil || set.stale(stored, now) {
		set, err = k.load(set, stored, now)
		k.set.Store(set)
	}
	return err
}

// Tend takes one turn of what Run does: it follows what other processes did, and does what is due.
func (k *Keys) Tend(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = false
	err := k.follow(ctx)
	set := k.set.Load()
	if set == nil || k.trouble != nil {
		return err
	}
	did, failed := k.keepSchedule(ctx, set)
	if did {
		failed = errors.Join(failed, k.follow(ctx))
	}
	return errors.Join(err, failed)
}

// lookEvery is the pause between two looks: what was made or revoked elsewhere is known within it. It costs one read of
// a table of some ten rows.
const lookEvery = 250 * time.Millisecond

// Run tends the keys until ctx ends.
func (k *Keys) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			turn, cancel := context.WithTimeout(ctx, longestLook)
			err := k.Tend(turn)
			cancel()
			if err == nil || ctx.Err() != nil {
				said = ""
			} else if said != err.Error() {
				said = err.Error()
				k.o.Log.Error("tend keys", "cause", err)
			}
		}
	}
}
