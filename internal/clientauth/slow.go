package clientauth

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"sync"

	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/oauth"
)

// Secrets that came from another server and may have been chosen by a person keep a slow hash. What was right once is
// remembered for as long as the process lives, under a key that it alone knows: so an app pays once, not with each request.

// slowSecrets remembers.
type slowSecrets struct {
	gate *secret.Gate
	key  []byte

	mu      sync.Mutex
	right   map[core.ID][sha256.Size]byte // by secret: one each, so no more than there are slow secrets
	running map[[sha256.Size]byte]*comparison
}

// comparison is under way; requests with the same secret wait for it together.
type comparison struct {
	done  chan struct{}
	right bool
	err   error
}

func newSlowSecrets(gate *secret.Gate) *slowSecrets {
	return &slowSecrets{gate: gate, key: secret.Bytes(sha256.Size), right: map[core.ID][sha256.Size]byte{}, running: map[[sha256.Size]byte]*comparison{}}
}

// proveSlowly gives the slow secret that the app has shown, if it has shown one. Its errors are *oauth.Error.
func (a *Authenticator) proveSlowly(r *http.Request, c credentials, app core.App) (core.ID, error) {
	for _, stored := range app.Secrets {
		if !secret.IsSlow(stored.Digest) {
			continue
		}
		for _, presented := range c.secrets {
			right, err := a.slow.equals(r, a.limits, presented, stored)
			if err != nil || right {
				return stored.ID, err
			}
		}
	}
	return core.ID{}, nil
}

func (s *slowSecrets) equals(r *http.Request, limits Limits, presented string, stored core.AppSecret) (bool, error) {
	if len(presented) > secret.MaxPassword {
		return false, nil
	}
	// The hash belongs to what is remembered: a secret that was replaced is another one.
	name := s.name(stored.ID.String() + "|" + stored.Digest + "|" + presented)
	s.mu.Lock()
	if s.right[stored.ID] == name {
		s.mu.Unlock()
		return true, nil
	}
	c, joined := s.running[name]
	if !joined {
		c = &comparison{done: make(chan struct{})}
		s.running[name] = c
	}
	s.mu.Unlock()
	if joined {
		<-c.done
		return c.right, c.err
	}
	defer s.end(stored.ID, name, c)
	c.right, c.err = s.compare(r, limits, presented, stored)
	return c.right, c.err
}

func (s *slowSecrets) end(id core.ID, name [sha256.Size]byte, c *comparison) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.running, name)
	if c.right {
		s.right[id] = name
	}
	close(c.done)
}

func (s *slowSecrets) name(text string) (name [sha256.Size]byte) {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(text))
	copy(name[:], mac.Sum(nil))
	return name
}

// compare belongs to all who wait for it, so the deadline of the first does not end it; the gate's patience does.
func (s *slowSecrets) compare(r *http.Request, limits Limits, presented string, stored core.AppSecret) (bool, error) {
	takeBack, err := limits.SlowSecret(r)
	if err != nil {
		return false, err
	}
	right, err := s.gate.CheckSecret(context.WithoutCancel(r.Context()), presented, stored.Digest)
	if right || err != nil {
		takeBack()
	}
	if err != nil {
		return false, oauth.Unavailable(err)
	}
	return right, nil
}
