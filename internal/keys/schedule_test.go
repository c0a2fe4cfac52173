package keys

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/internal/store"
)

// states tells, of a ring, the state of each key, oldest first.
func states(t *testing.T, k *Keys, ring Ring) string {
	t.Helper()
	all, err := k.List(t.Context())
	must(t, err)
	var list []string
	for _, s := range all {
		if s.Ring == string(ring) {
			list = append(list, string(s.State))
		}
	}
	return strings.Join(list, " ")
}

// published lists the kids of the JWKS.
func published(t *testing.T, k *Keys) (kids []string) {
	t.Helper()
	var set struct{ Keys []struct{ Kid string } }
	must(t, json.Unmarshal(k.JWKS(), &set))
	for _, key := range set.Keys {
		kids = append(kids, key.Kid)
	}
	return kids
}

// KY01: published, used a while later, kept while what it made lives, and then gone.
func TestTheLifeOfAKey(t *testing.T) {
	for _, ring := range rings {
		t.Run(string(ring), func(t *testing.T) {
			t.Parallel()
			c := newClock()
			// Longer than anything lives, so that one succession is over before the next begins.
			const every = 2 * 365 * 24 * time.Hour
			k, err := openAt(t, dsn(t), c, func(o *Options) { o.Rotation.Every = every })
			must(t, err)
			tended := func(want string) {
				t.Helper()
				must(t, k.Tend(t.Context()))
				if got := states(t, k, ring); got != want {
					t.Errorf("at %s: %s, want %s", c.now, got, want)
				}
			}
			tended("active")
			c.move(every - DefaultRotation.Lead - time.Second)
			tended("active")
			c.move(time.Second)
			tended("active waiting")
			c.move(DefaultRotation.Lead - time.Millisecond)
			tended("active waiting")
			c.move(time.Millisecond)
			tended("retiring active")
			c.move(lives[ring] + DefaultRotation.Skew - time.Millisecond)
			tended("retiring active")
			c.move(time.Millisecond)
			tended("retired active")
			c.move(keep)
			tended("retired active")
			c.move(time.Millisecond)
			tended("active")
		})
	}
}

// Decision 12.
func TestStringsSurviveTheRotationOfTheirKey(t *testing.T) {
	c := newClock()
	k := process(t, dsn(t), c)
	f := Family{AuthorizationID: id(1), Generation: 3, Bits: [16]byte{1}}
	old, first := k.SealCode(f), k.Signer().ID()
	c.move(DefaultRotation.Every - DefaultRotation.Lead)
	must(t, k.Tend(t.Context()))
	if kids := published(t, k); len(kids) != 2 || kids[0] != first || k.Signer().ID() != first {
		t.Errorf("published %v, signing with %s, first %s; want two, and the first in use", kids, k.Signer().ID(), first)
	}
	early := k.SealCode(f)
	// The successor takes over at its moment, before anybody looks again.
	c.move(DefaultRotation.Lead)
	late := k.SealCode(f)
	if keyOf(t, early) != keyOf(t, old) || keyOf(t, late) == keyOf(t, old) {
		t.Errorf("keys %s, %s, %s; want the first twice, then another", keyOf(t, old), keyOf(t, early), keyOf(t, late))
	}
	if second := k.Signer().ID(); second != published(t, k)[1] {
		t.Errorf("signs with %s, want the second of %v", second, published(t, k))
	}
	for name, s := range map[string]string{"old": old, "early": early, "late": late} {
		if got, err := k.OpenCode(s); err != nil || got != f {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	c.move(lives[RingCode] + DefaultRotation.Skew)
	must(t, k.Tend(t.Context()))
	if _, err := k.OpenCode(early); !errors.Is(err, ErrSealed) {
		t.Errorf("a code of a retired key: %v", err)
	}
	if _, err := k.OpenCode(late); err != nil {
		t.Error(err)
	}
}

func keyOf(t *testing.T, sealed string) string {
	t.Helper()
	raw, ok := secret.Decode(secret.Code, sealed)
	if !ok {
		t.Fatalf("%q is not a code", sealed)
	}
	return fmt.Sprintf("%x", raw[1:sealHeader])
}

// Decision 12.
func TestKeysAreNeverRotatedIfTheOperatorSaysSo(t *testing.T) {
	c := newClock()
	k, err := openAt(t, dsn(t), c, func(o *Options) { o.Rotation.Every = 0 })
	must(t, err)
	c.move(1000 * 24 * time.Hour)
	must(t, k.Tend(t.Context()))
	if got := states(t, k, RingSigning); got != "active" {
		t.Error(got)
	}
	must(t, k.Rotate(t.Context(), RingSigning))
	if got := states(t, k, RingSigning); got != "active waiting" {
		t.Error(got)
	}
	if err := k.Rotate(t.Context(), RingSigning); !errors.Is(err, core.ErrConflict) {
		t.Errorf("a second successor: %v", err)
	}
}

// KY06: what another process sealed with a key that is younger than our last look costs one look, and then opens.
func TestAKeyMadeElsewhereIsFoundOnFirstUse(t *testing.T) {
	where, c := dsn(t), newClock()
	a, b := process(t, where, c), process(t, where, c)
	f := Family{AuthorizationID: id(1)}
	replace := func() (code string) {
		t.Helper()
		must(t, a.Revoke(t.Context(), keyOf(t, a.SealCode(f))))
		return a.SealCode(f)
	}
	if _, err := b.OpenCode(replace()); err != nil {
		t.Errorf("first use: %v", err)
	}
	// One look between two turns, whoever sends whatever.
	code := replace()
	if _, err := b.OpenCode(code); !errors.Is(err, ErrSealed) {
		t.Errorf("second look before the turn: %v", err)
	}
	must(t, b.Tend(t.Context()))
	if _, err := b.OpenCode(code); err != nil {
		t.Errorf("after the turn: %v", err)
	}
	must(t, a.Revoke(t.Context(), a.Signer().ID()))
	if _, err := b.Verifier(a.Signer().ID()); err != nil {
		t.Errorf("first use of a signing key: %v", err)
	}
}

// Decision 12.
func TestAStoreThatIsAwayIsNoRefusal(t *testing.T) {
	s, err := store.Open(t.Context(), dsn(t), newClock())
	must(t, err)
	k, err := openAt(t, dsn(t), newClock(), func(o *Options) { o.Store = s })
	must(t, err)
	stranger := process(t, dsn(t), newClock()).SealCode(Family{AuthorizationID: id(1)})
	must(t, s.Close())
	for range 2 {
		if _, err := k.OpenCode(stranger); !errors.Is(err, core.ErrUnavailable) {
			t.Errorf("unknown key, store away: %v", err)
		}
	}
	if _, err := k.OpenCode(k.SealCode(Family{})); err != nil {
		t.Errorf("known key, store away: %v", err)
	}
}

// KY02.
func TestARevokedKeyOpensNothing(t *testing.T) {
	where, c := dsn(t), newClock()
	a, b := process(t, where, c), process(t, where, c)
	f := Family{AuthorizationID: id(1)}
	code, refresh, signer := a.SealCode(f), a.SealRefresh(RefreshToken{Family: f, BornAt: c.now, ExpiresAt: c.now}), a.Signer().ID()
	for _, kid := range []string{keyOf(t, code), signer} {
		must(t, a.Revoke(t.Context(), kid))
		if err := a.Revoke(t.Context(), kid); !errors.Is(err, core.ErrConflict) {
			t.Errorf("revoked twice: %v", err)
		}
	}
	if err := a.Revoke(t.Context(), "00000000"); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("a stranger's key: %v", err)
	}
	must(t, b.Tend(t.Context()))
	for name, k := range map[string]*Keys{"here": a, "elsewhere": b, "after a restart": process(t, where, c)} {
		if _, err := k.OpenCode(code); !errors.Is(err, ErrSealed) {
			t.Errorf("%s, code: %v", name, err)
		}
		if _, err := k.Verifier(signer); !errors.Is(err, ErrSealed) || slices.Contains(published(t, k), signer) {
			t.Errorf("%s, signing key: %v, published %v", name, err, published(t, k))
		}
		if _, err := k.OpenRefresh(refresh); err != nil {
			t.Errorf("%s, another ring: %v", name, err)
		}
		if _, err := k.OpenCode(b.SealCode(f)); err != nil {
			t.Errorf("%s, successor: %v", name, err)
		}
		if got := states(t, k, RingCode); got != "revoked active" {
			t.Errorf("%s: %s", name, got)
		}
	}
	rows, err := a.o.Store.Keys(t.Context())
	must(t, err)
	for _, row := range rows {
		if (row.Wrapped == "") != (row.ID == signer || row.ID == keyOf(t, code)) {
			t.Errorf("the private part of %s: %q", row.ID, row.Wrapped)
		}
	}
}

// Decision 12.
func TestWhichKeyFollowsARevokedOne(t *testing.T) {
	for name, test := range map[string]struct {
		before string
		revoke int // which of them
		after  string
	}{
		"the only one":              {"active", 0, "revoked active"},
		"a successor that waits":    {"active waiting", 1, "active revoked"},
		"before its successor":      {"active waiting", 0, "revoked active"},
		"one that retires":          {"retiring active", 0, "revoked active"},
		"one with a retiring elder": {"retiring active", 1, "retiring revoked active"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			k := process(t, dsn(t), c)
			if test.before != "active" {
				must(t, k.Rotate(t.Context(), RingAccess))
			}
			if strings.HasPrefix(test.before, "retiring") {
				c.move(DefaultRotation.Lead)
			}
			c.move(time.Second)
			if got := states(t, k, RingAccess); got != test.before {
				t.Fatalf("%s, want %s", got, test.before)
			}
			line := k.line(RingAccess, k.set.Load().stored, c.now)
			must(t, k.Revoke(t.Context(), line[test.revoke].ID))
			if got := states(t, k, RingAccess); got != test.after {
				t.Errorf("%s, want %s", got, test.after)
			}
			c.move(time.Second)
			must(t, k.Tend(t.Context()))
			if got := states(t, k, RingAccess); got != test.after {
				t.Errorf("a moment later: %s, want %s", got, test.after)
			}
			token := core.AccessToken{AppID: id(1), IssuedAt: c.now, ExpiresAt: c.now}
			if _, err := k.OpenAccess(k.SealAccess(&token)); err != nil {
				t.Error(err)
			}
		})
	}
}

// KY05: of many that start or tend at once, each slot has one winner.
func TestManyProcessesShareOneLine(t *testing.T) {
	where, c := dsn(t), newClock()
	var all []*Keys
	for range 8 {
		all = append(all, process(t, where, c))
	}
	c.move(DefaultRotation.Every)
	failed := make(chan error)
	for _, k := range all {
		go func() { failed <- k.Tend(context.Background()) }()
	}
	for range all {
		must(t, <-failed)
	}
	for _, k := range all {
		must(t, k.Tend(t.Context()))
		for _, ring := range rings {
			if got := states(t, k, ring); got != "active waiting" {
				t.Errorf("%s: %s", ring, got)
			}
		}
		if !slices.Equal(published(t, k), published(t, all[0])) {
			t.Errorf("published %v and %v", published(t, k), published(t, all[0]))
		}
	}
}

// KY07: whatever the clock does, there is a key to use, and what was made opens again once the clock is right.
func TestKeysBearAClockThatJumps(t *testing.T) {
	for _, jump := range []time.Duration{time.Hour, -time.Hour, -5 * time.Second, 24 * time.Hour, -24 * time.Hour} {
		for _, waiting := range []bool{false, true} {
			t.Run(fmt.Sprint(jump, waiting), func(t *testing.T) {
				c := newClock()
				where := dsn(t)
				k := process(t, where, c)
				f := Family{AuthorizationID: id(1)}
				made := []string{k.SealCode(f)}
				if waiting {
					for _, ring := range rings {
						must(t, k.Rotate(t.Context(), ring))
					}
				}
				all := func(k *Keys) {
					t.Helper()
					must(t, k.Tend(t.Context()))
					made = append(made, k.SealCode(f))
					if _, err := k.OpenCode(made[len(made)-1]); err != nil {
						t.Errorf("what was just made: %v", err)
					}
					if _, err := k.Verifier(k.Signer().ID()); err != nil {
						t.Errorf("the signer: %v", err)
					}
				}
				all(k)
				c.move(jump)
				all(k)
				all(process(t, where, c))
				c.move(-jump)
				all(k)
				for i, code := range made {
					if _, err := k.OpenCode(code); err != nil {
						t.Errorf("code %d, with the clock right again: %v", i, err)
					}
				}
			})
		}
	}
}

// KY12: what is stored opens only as it was stored, where it was stored.
func TestTamperedRowsFailClosed(t *testing.T) {
	for name, tamper := range map[string]func(a, b *store.Key){
		"swapped ciphertexts": func(a, b *store.Key) { a.Wrapped, b.Wrapped = b.Wrapped, a.Wrapped },
		"swapped ids":         func(a, b *store.Key) { a.ID, b.ID = b.ID, a.ID },
		"swapped slots":       func(a, b *store.Key) { a.Slot, b.Slot = b.Slot, a.Slot },
		"another ring":        func(a, _ *store.Key) { a.Ring = string(RingCode) },
		"another algorithm":   func(a, _ *store.Key) { a.Algorithm = algorithmSeal },
		"another public key":  func(a, b *store.Key) { a.Public = b.Public },
		"another date":        func(a, _ *store.Key) { a.CreatedAt = a.CreatedAt.Add(time.Second) },
		"cut":                 func(a, _ *store.Key) { a.Wrapped = a.Wrapped[:40] },
		"not base64":          func(a, _ *store.Key) { a.Wrapped = "?" },
	} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			k := process(t, dsn(t), c)
			must(t, k.Rotate(t.Context(), RingSigning))
			rows, err := k.o.Store.Keys(t.Context())
			must(t, err)
			tampered := slices.Clone(rows)
			at := slices.IndexFunc(tampered, func(row store.Key) bool { return row.Ring == string(RingSigning) })
			tamper(&tampered[at], &tampered[at+1])
			if err := k.master.opensAll(tampered); err == nil {
				t.Error("a start does not see it")
			}
			set, err := k.load(nil, tampered, c.now)
			if err == nil {
				t.Error("loading says nothing")
			}
			for kid := range set.public {
				if i := slices.IndexFunc(rows, func(row store.Key) bool { return row.ID == kid }); !slices.Contains(tampered, rows[i]) {
					t.Errorf("%s is used all the same", kid)
				}
			}
		})
	}
}

// Decision 12: a damaged row neither keeps a running process from following the others, nor an operator from revoking it.
func TestADamagedRowStandsInNobodysWay(t *testing.T) {
	where, c := dsn(t), newClock()
	k := process(t, where, c)
	code := k.SealCode(Family{AuthorizationID: id(1)})
	bad, err := k.make(RingCode, 2, c.now)
	must(t, err)
	bad.Wrapped = "x" + bad.Wrapped[1:]
	must(t, k.o.Store.PublishKey(t.Context(), bad, k.master.name))
	if err := k.Tend(t.Context()); err == nil || !strings.Contains(err.Error(), bad.ID) {
		t.Errorf("nobody says which row it is: %v", err)
	}
	if _, err := k.OpenCode(code); err != nil {
		t.Errorf("another key: %v", err)
	}
	if _, err := openAt(t, where, c, nil); err == nil {
		t.Error("a start goes over it")
	}
	operator, err := openAt(t, where, c, func(o *Options) { o.BearDamage = true })
	must(t, err)
	if got := states(t, operator, RingCode); got != "retiring damaged" {
		t.Error(got)
	}
	must(t, operator.Revoke(t.Context(), bad.ID))
	process(t, where, c)
}

// Decision 12.
func TestRewrappingChangesTheWrappingOnly(t *testing.T) {
	where, c := dsn(t), newClock()
	k := process(t, where, c)
	must(t, k.Revoke(t.Context(), k.Signer().ID()))
	f := Family{AuthorizationID: id(1)}
	code := k.SealCode(f)
	before, err := k.o.Store.Keys(t.Context())
	must(t, err)
	next := secret.Bytes(secret.KeySize)
	must(t, k.Rewrap(t.Context(), next))
	if err := k.Rewrap(t.Context(), next); err == nil {
		t.Error("rewrapped from a master key that is no longer in use")
	}
	after, err := k.o.Store.Keys(t.Context())
	must(t, err)
	for i := range after {
		if (after[i].Wrapped == before[i].Wrapped) != (before[i].Wrapped == "") {
			t.Errorf("%s: %q became %q", after[i].ID, before[i].Wrapped, after[i].Wrapped)
		}
		after[i].Wrapped = before[i].Wrapped
	}
	if !slices.Equal(before, after) {
		t.Errorf("more than the wrapping changed:\n%v\n%v", before, after)
	}
	if _, err := openAt(t, where, c, nil); !errors.Is(err, errAnotherMaster) {
		t.Errorf("the old master key: %v", err)
	}
	again, err := openAt(t, where, c, func(o *Options) { o.MasterKey = next })
	must(t, err)
	// The process that still has the old one goes on, and never adds a key under it.
	must(t, k.Tend(t.Context()))
	for name, k := range map[string]*Keys{"old process": k, "new process": again} {
		if got, err := k.OpenCode(code); err != nil || got != f {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := k.Rotate(t.Context(), RingCode); err == nil || errors.Is(err, core.ErrConflict) || !strings.Contains(err.Error(), "another master key") {
		t.Errorf("a key under the old master key: %v", err)
	}
	must(t, again.Rotate(t.Context(), RingCode))
}

// KY04: two first starts with different master keys: one of them is refused, and the keys are all under the other's.
func TestOneMasterKeyForAllRings(t *testing.T) {
	where, c := dsn(t), newClock()
	results := make(chan error)
	for range 4 {
		s, err := store.Open(t.Context(), where, c)
		must(t, err)
		t.Cleanup(func() { s.Close() })
		o := Options{Store: s, Clock: c, Issuer: "https://a.example", MasterKey: secret.Bytes(secret.KeySize), Rotation: DefaultRotation, Lives: lives, Log: slog.New(slog.DiscardHandler)}
		go func() {
			_, err := Open(t.Context(), o)
			results <- err
		}()
	}
	opened := 0
	for range 4 {
		if err := <-results; err == nil {
			opened++
		} else if !errors.Is(err, errAnotherMaster) {
			t.Error(err)
		}
	}
	if opened != 1 {
		t.Errorf("%d opened, want 1", opened)
	}
}

// Decision 12: keys that were stored before their rows were bound as a whole are bound anew, and open as before.
func TestKeysOfBeforeAreBoundAnew(t *testing.T) {
	where, c := dsn(t), newClock()
	k := process(t, where, c)
	code := k.SealCode(Family{AuthorizationID: id(1)})
	rows, err := k.o.Store.Keys(t.Context())
	must(t, err)
	var before []store.Rewrap
	for _, row := range rows {
		private, err := k.master.open(row)
		must(t, err)
		before = append(before, store.Rewrap{ID: row.ID, From: row.Wrapped, To: wrapAsBefore(k.master, row, private)})
	}
	must(t, k.o.Store.RewrapKeys(t.Context(), k.master.name, k.master.name, before, k.o.Clock.Now()))
	for range 2 {
		if _, err := process(t, where, c).OpenCode(code); err != nil {
			t.Error(err)
		}
	}
	rows, err = k.o.Store.Keys(t.Context())
	must(t, err)
	for _, row := range rows {
		if _, err := k.master.open(row); err != nil {
			t.Error(err)
		}
	}
}

func wrapAsBefore(w wrapping, row store.Key, private []byte) string {
	return base64.RawStdEncoding.EncodeToString(w.box.Seal(nil, private, firstBinding(row)))
}

// Decision 12.
func TestEveryRingSaysHowLongItsStringsLive(t *testing.T) {
	for _, ring := range rings {
		_, err := openAt(t, dsn(t), newClock(), func(o *Options) {
			o.Lives = maps.Clone(lives)
			delete(o.Lives, ring)
		})
		if err == nil || !strings.Contains(err.Error(), string(ring)) {
			t.Errorf("%s: %v", ring, err)
		}
	}
}
