package keys

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/jose"
	"launchpad/internal/secret"
	"launchpad/internal/store"
)

const algorithmSeal = "XChaCha20-Poly1305"

var errAnotherMaster = errors.New("the stored keys were wrapped under another master key; start with the master key that this database was made with, or last rewrapped with. Nothing was changed")

// wrapping is a master key: it encrypts the private parts of keys for storage.
type wrapping struct {
	box  secret.Box
	name string // tells master keys apart, and reveals nothing of 256 random bits
}

func newWrapping(master []byte) (wrapping, error) {
	box, err := secret.NewBox(master)
	if err != nil {
		return wrapping{}, fmt.Errorf("master key: %w", err)
	}
	return wrapping{box, secret.Digest("launchpad master key|" + string(master))}, nil
}

func (w wrapping) wrap(row store.Key, private []byte) string {
	return base64.RawStdEncoding.EncodeToString(w.box.Seal(nil, private, binding(row)))
}

// open gives the private part of a row.
func (w wrapping) open(row store.Key) ([]byte, error) { return w.openBound(row, binding(row)) }

func (w wrapping) openBound(row store.Key, bound []byte) ([]byte, error) {
	wrapped, err := base64.RawStdEncoding.DecodeString(row.Wrapped)
	if err != nil {
		return nil, fmt.Errorf("key %s: its private part is not base64: %w", row.ID, err)
	}
	private, err := w.box.Open(wrapped, bound)
	if err != nil {
		return nil, fmt.Errorf("key %s does not open: its row was changed, or it is wrapped under another master key", row.ID)
	}
	return private, nil
}

// binding is everything about a key that never changes. Its private part opens only beside it, so that neither can rows
// be swapped nor one of these columns be edited. Its times are not among them: whoever can write into the database can
// end a key early or late, but not make us use one that is not ours, nor publish another's.
func binding(row store.Key) []byte {
	return []byte(strings.Join([]string{"key 2", row.Ring, row.ID, strconv.FormatInt(row.Slot, 10), row.Algorithm, row.Public, strconv.FormatInt(row.CreatedAt.UnixMilli(), 10)}, "|"))
}

// firstBinding is that of keys from before there was a schedule. Such rows are bound anew when they are met.
func firstBinding(row store.Key) []byte { return []byte("key|" + row.Ring + "|" + row.ID) }

// opensAll refuses a master key under which not all of the keys open.
func (w wrapping) opensAll(stored []store.Key) error {
	opened, failed := 0, []error(nil)
	for _, row := range stored {
		private, err := w.openEither(row)
		if err != nil {
			failed = append(failed, err)
		} else if private != nil {
			opened++
		}
	}
	if opened == 0 && failed != nil {
		return errAnotherMaster
	}
	return errors.Join(failed...)
}

// openEither opens a row under either binding; a revoked one has nothing to open.
func (w wrapping) openEither(row store.Key) ([]byte, error) {
	if row.Wrapped == "" {
		return nil, nil
	}
	if private, err := w.openBound(row, firstBinding(row)); err == nil {
		return private, nil
	}
	return w.open(row)
}

// bindAnew brings rows of before up to date. core.ErrConflict: another node does so right now, to the same end.
func (k *Keys) bindAnew(ctx context.Context, stored []store.Key) error {
	first := func(row store.Key) bool {
		_, err := k.master.openBound(row, firstBinding(row))
		return err == nil
	}
	for _, row := range stored {
		if row.Wrapped != "" && first(row) {
			err := k.rewrapTo(ctx, k.master, stored)
			if errors.Is(err, core.ErrConflict) {
				return nil
			}
			return err
		}
	}
	return nil
}

// rewrapTo puts all keys under a master key in one fact.
func (k *Keys) rewrapTo(ctx context.Context, to wrapping, stored []store.Key) error {
	var all []store.Rewrap
	for _, row := range stored {
		if row.Wrapped == "" {
			continue
		}
		private, err := k.master.openEither(row)
		if err != nil {
			return err
		}
		all = append(all, store.Rewrap{ID: row.ID, From: row.Wrapped, To: to.wrap(row, private)})
	}
	return k.o.Store.RewrapKeys(ctx, k.master.name, to.name, all, k.o.Clock.Now())
}

// make makes a key for a slot.
func (k *Keys) make(ring Ring, slot int64, active time.Time) (store.Key, error) {
	id := hex.EncodeToString(secret.Bytes(len(keyID{})))
	key := store.Key{ID: id, Ring: string(ring), Slot: slot, Algorithm: algorithmSeal, CreatedAt: k.o.Clock.Now(), ActiveAt: active}
	private := secret.Bytes(secret.KeySize)
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
	key.Wrapped = k.master.wrap(key, private)
	return key, nil
}
