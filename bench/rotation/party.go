package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"launchpad/bench/drive"
	"launchpad/internal/jose"
	"launchpad/internal/keys"
)

// party is a relying party: it verifies JWTs by itself, with the key set that it fetched last.
type party struct {
	address string
	set     atomic.Pointer[fetched]
}

type fetched struct {
	keys map[string]crypto.PublicKey
	at   time.Time
}

func newParty(issuer string) *party {
	p := &party{address: issuer + "/oauth/jwks"}
	p.set.Store(&fetched{})
	return p
}

// fetch gets the set three times in its life, and never in between. What was made before the end needs nothing newer.
func (p *party) fetch(ctx context.Context, l *load) {
	tick := time.NewTicker(cache / 3)
	defer tick.Stop()
	for {
		err := p.once()
		l.expect("key set fetched", drive.Answer{Status: http.StatusOK}, err, time.Now().Add(time.Minute))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (p *party) once() error {
	at := time.Now()
	res, err := http.Get(p.address)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	set, err := parse(body)
	if err != nil {
		return fmt.Errorf("fetch key set: %w", err)
	}
	p.set.Store(&fetched{set, at})
	return nil
}

// parse reads a JWK set of P-256 keys. RFC 7518 §6.2.1.
func parse(body []byte) (map[string]crypto.PublicKey, error) {
	var jwks struct {
		Keys []struct{ Kid, X, Y string }
	}
	if err := json.Unmarshal(body, &jwks); err != nil || len(jwks.Keys) == 0 {
		return nil, fmt.Errorf("no keys in %q: %w", body, err)
	}
	set := map[string]crypto.PublicKey{}
	for _, k := range jwks.Keys {
		point := []byte{4} // uncompressed
		for _, half := range []string{k.X, k.Y} {
			var err error
			if point, err = base64.RawURLEncoding.AppendDecode(point, []byte(half)); err != nil {
				return nil, err
			}
		}
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
		if err != nil {
			return nil, err
		}
		set[k.Kid] = key
	}
	return set, nil
}

// verify checks a token offline. It is a failure only if the set is as young as a cache may be.
func (p *party) verify(token string) (drive.Answer, error) {
	set := p.set.Load()
	var claims keys.AccessClaims
	err := jose.VerifyAccessToken(token, func(kid string) (crypto.PublicKey, bool) {
		key, ok := set.keys[kid]
		return key, ok
	}, &claims)
	if err != nil && time.Since(set.at) < cache {
		return drive.Answer{}, err
	}
	return drive.Answer{Status: http.StatusOK}, nil
}
