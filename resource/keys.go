package resource

import (
	"context"
	"crypto"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"launchpad/internal/jose"
)

const (
	keysAge     = 5 * time.Minute  // then they are fetched again
	keysPause   = 10 * time.Second // between two fetches, whatever callers send
	keysWithout = time.Hour        // as long they are good if they cannot be fetched again
)

// keySet is the server's public keys.
type keySet struct {
	mu      sync.Mutex
	byID    map[string]crypto.PublicKey
	fetched time.Duration
	tried   time.Duration
	failed  error // the last fetch
	ever    bool
	stale   bool // one of them may be none any more
}

// key finds a key by its kid; nil: there is none. An unknown kid costs one fetch, and then none for a while.
func (v *Verifier) key(ctx context.Context, kid string) (crypto.PublicKey, error) {
	k := &v.keys
	k.mu.Lock()
	defer k.mu.Unlock()
	now := v.elapsed()
	key, known := k.byID[kid]
	if known && !k.stale && k.ever && now-k.fetched <= keysAge {
		return key, nil
	}
	wait := keysPause
	if k.stale {
		wait = time.Second
	}
	if k.tried == 0 || now-k.tried >= wait {
		k.tried = max(now, 1)
		k.failed = v.fetchKeys(ctx, now)
	}
	switch key, known = k.byID[kid]; {
	case known && !k.stale && now-k.fetched <= keysWithout:
		return key, nil
	case k.failed != nil:
		return nil, fmt.Errorf("keys of the issuer: %w", k.failed)
	case !k.ever || k.stale:
		return nil, fmt.Errorf("keys of the issuer: %w", ErrUnavailable)
	}
	return nil, nil
}

// fetchKeys replaces the set. RFC 7517 §5. The caller holds the lock: one fetch at a time.
func (v *Verifier) fetchKeys(ctx context.Context, now time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", v.o.Server+"/oauth/jwks", http.NoBody)
	if err != nil {
		return err
	}
	res, err := v.o.Client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, answerBytes))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answered %d", res.StatusCode)
	}
	keys, err := jose.ParseKeys(body)
	if err != nil {
		return err
	}
	v.keys.byID, v.keys.fetched, v.keys.ever, v.keys.stale = keys, now, true, false
	return nil
}

// doubt lets the keys be fetched again before the next use.
func (k *keySet) doubt() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stale, k.tried = true, 0
}
