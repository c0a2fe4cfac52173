package session

import (
	"crypto/sha256"
	"net/http"
	"slices"
	"time"

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

// person is how a browser knows somebody.
func person(email string) keys.Person {
	sum := sha256.Sum256([]byte("launchpad person|" + email))
	return keys.Person(sum[:16])
}

func knows(d keys.Device, email string) bool { return slices.Contains(d.People, person(email)) }

// remember lets the browser know a person who has just proved who they are. Of several, those who came last are kept.
func (s *Sessions) remember(w http.ResponseWriter, r *http.Request, email string) {
	now, who := s.clock.Now(), person(email)
	d := s.device(r)
	if d.ID.Zero() {
		d.ID = secret.NewID(now)
	}
	others := slices.DeleteFunc(d.People, func(p keys.Person) bool { return p == who })
	d.People = append([]keys.Person{who}, others[:min(len(others), keys.MostPeople-1)]...)
	d.SeenAt = now
	s.jar.Set(w, web.CookieDevice, s.keys.SealDevice(d), DeviceLife)
}
