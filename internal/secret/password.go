package secret

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Argon2id parameters: 19 MiB, two passes, one lane.
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonSalt   = 16
	argonKey    = 32
)

// MaxPassword bounds what is hashed, in bytes. Nothing is truncated below it.
const MaxPassword = 1024

// HashPassword gives a PHC string with a fresh salt.
func (g *Gate) HashPassword(ctx context.Context, password string) (string, error) {
	if err := g.enter(ctx, SlowLane); err != nil {
		return "", err
	}
	defer g.leave()
	salt := Bytes(argonSalt)
	return phc(salt, argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)), nil
}

// CheckPassword compares a password with a PHC string. An empty hash costs the same work and never matches, so
// that an unknown person and a wrong password take the same time.
func (g *Gate) CheckPassword(ctx context.Context, lane Lane, password, hash string) (bool, error) {
	if err := g.enter(ctx, lane); err != nil {
		return false, err
	}
	defer g.leave()
	if hash == "" {
		hash = absentHash
	}
	if IsForeign(hash) {
		return g.equalsForeign(password, hash)
	}
	salt, want, err := parsePHC(hash)
	if err != nil {
		return false, err
	}
	got := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	return Equal(string(got), string(want)) && hash != absentHash, nil
}

// CheckSecret compares a client secret with the slow hash of one that another server made.
func (g *Gate) CheckSecret(ctx context.Context, presented, hash string) (bool, error) {
	if err := g.enter(ctx, SlowLane); err != nil {
		return false, err
	}
	defer g.leave()
	return g.equalsForeign(presented, hash)
}

// equalsForeign: of those that take more memory than ours, one at a time.
func (g *Gate) equalsForeign(password, hash string) (bool, error) {
	f, err := readForeign(hash)
	if err != nil {
		return false, err
	}
	if f.memory > argonMemory<<10 {
		g.heavy.Lock()
		defer g.heavy.Unlock()
	}
	return f.equals(password), nil
}

// HashSecret gives a slow hash of a secret that somebody chose elsewhere.
func HashSecret(text string) string {
	salt := Bytes(argonSalt)
	return phc(salt, argon2.IDKey([]byte(text), salt, argonTime, argonMemory, argonLanes, argonKey))
}

var (
	phcHeader  = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemory, argonTime, argonLanes)
	absentHash = phc(make([]byte, argonSalt), make([]byte, argonKey))
)

func phc(salt, key []byte) string {
	enc := base64.RawStdEncoding
	return phcHeader + enc.EncodeToString(salt) + "$" + enc.EncodeToString(key)
}

func parsePHC(hash string) (salt, key []byte, err error) {
	rest, ok := strings.CutPrefix(hash, phcHeader)
	saltText, keyText, found := strings.Cut(rest, "$")
	if !ok || !found {
		return nil, nil, fmt.Errorf("password hash has unknown parameters")
	}
	if salt, err = base64.RawStdEncoding.DecodeString(saltText); err != nil {
		return nil, nil, fmt.Errorf("password hash: %w", err)
	}
	if key, err = base64.RawStdEncoding.DecodeString(keyText); err != nil {
		return nil, nil, fmt.Errorf("password hash: %w", err)
	}
	return salt, key, nil
}
