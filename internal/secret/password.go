package secret

import (
	"context"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"launchpad/internal/core"
	"launchpad/internal/meter"
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

// Gate bounds how many passwords are hashed at once: each takes 19 MiB and a core for some 20 ms, and whoever
// types passwords must not take the machine from those who refresh tokens.
type Gate struct {
	running  chan struct{}
	waiting  chan struct{}
	patience time.Duration
	refused  meter.Count
}

// NewGate admits max(1, cores/2) at a time and lets 256 more wait for up to patience.
func NewGate(patience time.Duration) *Gate {
	return &Gate{
		running:  make(chan struct{}, max(1, runtime.NumCPU()/2)),
		waiting:  make(chan struct{}, 256),
		patience: patience,
	}
}

func (g *Gate) enter(ctx context.Context) error {
	select {
	case g.waiting <- struct{}{}:
		defer func() { <-g.waiting }()
	default:
		g.refused.Add(1)
		return fmt.Errorf("password gate: queue is full: %w", core.ErrBusy)
	}
	ctx, cancel := context.WithTimeout(ctx, g.patience)
	defer cancel()
	select {
	case g.running <- struct{}{}:
		return nil
	case <-ctx.Done():
		g.refused.Add(1)
		return fmt.Errorf("password gate: waited too long: %w", core.ErrBusy)
	}
}

// Figures tells how many passwords are hashed at the moment, how many wait, and how many were turned away so far.
func (g *Gate) Figures() (running, waiting int, refused int64) {
	return len(g.running), len(g.waiting), g.refused.Read()
}

func (g *Gate) leave() { <-g.running }

// HashPassword gives a PHC string with a fresh salt.
func (g *Gate) HashPassword(ctx context.Context, password string) (string, error) {
	if err := g.enter(ctx); err != nil {
		return "", err
	}
	defer g.leave()
	salt := Bytes(argonSalt)
	return phc(salt, argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)), nil
}

// CheckPassword compares a password with a PHC string. An empty hash costs the same work and never matches, so
// that an unknown person and a wrong password take the same time.
func (g *Gate) CheckPassword(ctx context.Context, password, hash string) (bool, error) {
	if err := g.enter(ctx); err != nil {
		return false, err
	}
	defer g.leave()
	if hash == "" {
		hash = absentHash
	}
	salt, want, err := parsePHC(hash)
	if err != nil {
		return false, err
	}
	got := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	return Equal(string(got), string(want)) && hash != absentHash, nil
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
