package session

import (
	"crypto/sha256"
	"net/http"
	"slices"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/keys"
	"launchpad/internal/secret"
	"launchpad/internal/web"
)

// A browser in which somebody has signed in keeps a sealed cookie that says so. It opens nothing: whoever has it may try
// passwords of that person while those who guess from elsewhere have used up what strangers may.

// DeviceLife is how long a browser is known after the last sign-in.
const DeviceLife = 365 * 24 * time.Hour

// device reads the cookie; a browser without a good one is a new one.
func (s *Sessions) device(r *http.Request) keys.Device {
	d, err := s.keys.OpenDevice(s.jar.Get(r, web.CookieDevice))
	if err != nil || s.clock.Now().After(d.SeenAt.Add(DeviceLife)) {
		return keys.Device{}
	}
	return d
}

// person is how a browser knows somebody. The first half says who it is, and can be told before the store is asked; the
// second says by which password.
func person(email, passwordHash string) keys.Person {
	who := sha256.Sum256([]byte("launchpad person|" + email))
	by := sha256.Sum256(append(who[:], passwordHash...))
	return keys.Person(append(who[:8:8], by[:8]...))
}

func same(a, b keys.Person) bool { return [8]byte(a[:8]) == [8]byte(b[:8]) }

// knows gives what the browser keeps of a person; zero: it does not know them.
func knows(d keys.Device, email string) keys.Person {
	for _, p := range d.People {
		if same(p, person(email, "")) {
			return p
		}
	}
	return keys.Person{}
}

// remember lets the browser know a person who has just proved who they are. Of several, those who came last are kept.
func (s *Sessions) remember(w http.ResponseWriter, r *http.Request, identity core.Identity) {
	now, who := s.clock.Now(), person(identity.Email, identity.PasswordHash)
	d := s.device(r)
	if d.ID.Zero() {
		d.ID = secret.NewID(now)
	}
	others := slices.DeleteFunc(d.People, func(p keys.Person) bool { return same(p, who) })
	d.People = append([]keys.Person{who}, others[:min(len(others), keys.MostPeople-1)]...)
	d.SeenAt = now
	s.jar.Set(w, web.CookieDevice, s.keys.SealDevice(d), DeviceLife)
}
