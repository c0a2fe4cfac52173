package keys

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/internal/store"
	"launchpad/oauth"
)

// clock stands still until it is moved.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time        { return c.now }
func (c *clock) move(by time.Duration) { c.now = c.now.Add(by) }

func newClock() *clock { return &clock{time.UnixMilli(1_900_000_000_000).UTC()} }

// lives of what the rings' keys make.
var lives = map[Ring]time.Duration{
	RingAccess: 2 * time.Hour, RingSigning: 2 * time.Hour, RingCode: time.Minute, RingInteraction: time.Hour, RingRefresh: 60 * 24 * time.Hour, RingDevice: 365 * 24 * time.Hour, RingSite: 30 * 24 * time.Hour,
}

// openAt opens the keys as another process does: over a connection of its own.
func openAt(t testing.TB, dsn string, c *clock, change func(*Options)) (*Keys, error) {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	o := Options{Store: s, Clock: c, Issuer: "https://a.example", MasterKey: make([]byte, secret.KeySize), Rotation: DefaultRotation, Lives: lives, Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&o)
	}
	return Open(t.Context(), o)
}

func open(t testing.TB, dsn, issuer string, master []byte) (*Keys, error) {
	t.Helper()
	return openAt(t, dsn, newClock(), func(o *Options) { o.Issuer, o.MasterKey = issuer, master })
}

func dsn(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "keys.db") }

func mustOpen(t testing.TB, dsn, issuer string, master []byte) *Keys {
	t.Helper()
	k, err := open(t, dsn, issuer, master)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// process is one of several on the same database.
func process(t testing.TB, dsn string, c *clock) *Keys {
	t.Helper()
	k, err := openAt(t, dsn, c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func id(n byte) core.ID { return core.ID{15: n} }

// Decision 1.
func TestAccessTokensComeBack(t *testing.T) {
	k := mustOpen(t, dsn(t), "https://a.example", make([]byte, secret.KeySize))
	issued := time.Unix(1_900_000_000, 0).UTC()
	for name, want := range map[string]core.AccessToken{
		"machine": {AppID: id(1), IssuedAt: issued, ExpiresAt: issued.Add(time.Hour), Reach: core.Reach{Accounts: []core.ID{id(9)}, Default: id(9)}},
		"person": {AppID: id(1), AuthorizationID: id(2), GrantID: id(3), IdentityID: id(4), Generation: 300, IssuedAt: issued, ExpiresAt: issued.Add(2 * time.Hour),
			Scope: oauth.Scopes("a", "b:c"), Reach: core.Reach{All: true, Default: id(5)}},
		"for an API": {AppID: id(1), IssuedAt: issued, ExpiresAt: issued.Add(time.Hour), Reach: core.Reach{All: true}, Audience: "https://api.example/mcp"},
		"no default": {AppID: id(1), AuthorizationID: id(2), GrantID: id(3), IdentityID: id(4), Generation: 1, IssuedAt: issued, ExpiresAt: issued.Add(time.Second), Reach: core.Reach{Accounts: []core.ID{id(6), id(7)}}},
	} {
		sealed := k.SealAccess(&want)
		got, err := k.OpenAccess(sealed)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
		if want.ID.Zero() {
			t.Errorf("%s: no token id", name)
		}
	}
}

// Decision 9.
func TestRefreshTokensComeBack(t *testing.T) {
	k := mustOpen(t, dsn(t), "https://a.example", make([]byte, secret.KeySize))
	born := time.Unix(1_900_000_000, 0).UTC()
	want := RefreshToken{
		Family:  Family{AuthorizationID: id(1), Generation: 3, Bits: [16]byte{1}},
		GrantID: id(2), GrantVersion: 4, IdentityID: id(3), AppID: id(4), BornAt: born, ExpiresAt: born.Add(365 * 24 * time.Hour),
		Scope: oauth.Scopes("a", "b:c"), Reach: core.Reach{Accounts: []core.ID{id(5), id(6)}, Default: id(6)},
		Resources: []string{"https://api.example/mcp", "https://other.example"},
	}
	got, err := k.OpenRefresh(k.SealRefresh(want))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// Decision 1.
func TestNoKindPassesAsAnother(t *testing.T) {
	k := mustOpen(t, dsn(t), "https://a.example", make([]byte, secret.KeySize))
	f := Family{AuthorizationID: id(1), Generation: 3, Bits: [16]byte{1}}
	code := k.SealCode(f)
	if got, err := k.OpenCode(code); err != nil || got != f {
		t.Errorf("code: %+v, %v", got, err)
	}
	// A new checksum on a renamed string still does not open: the kind is part of the seal.
	payload, _ := secret.Decode(secret.Code, code)
	if _, err := k.OpenRefresh(secret.Encode(secret.RefreshToken, payload)); err == nil {
		t.Error("a code opened as a refresh token")
	}
	if _, err := k.OpenAccess(secret.Encode(secret.AccessToken, payload)); err == nil {
		t.Error("a code opened as an access token")
	}
}

// KY03, KY04: without the right master key nothing opens, and nothing is changed.
func TestWrongMasterKeyIsRefused(t *testing.T) {
	where, right := dsn(t), secret.Bytes(secret.KeySize)
	k := mustOpen(t, where, "https://a.example", right)
	code := k.SealCode(Family{AuthorizationID: id(1)})
	if _, err := open(t, where, "https://a.example", secret.Bytes(secret.KeySize)); err == nil || !strings.Contains(err.Error(), "another master key") {
		t.Errorf("wrong master key: %v", err)
	}
	if _, err := mustOpen(t, where, "https://a.example", right).OpenCode(code); err != nil {
		t.Errorf("the right key afterwards: %v", err)
	}
	if _, err := mustOpen(t, where, "https://b.example", right).OpenCode(code); err == nil {
		t.Error("another issuer opens the code")
	}
}

func FuzzOpenAccess(f *testing.F) {
	k := mustOpen(f, dsn(f), "https://a.example", make([]byte, secret.KeySize))
	token := core.AccessToken{AppID: id(1), Scope: oauth.Scopes("a")}
	f.Add(k.SealAccess(&token))
	f.Add("lp_at_000000")
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := k.OpenAccess(s); err == nil && !strings.HasPrefix(s, "lp_at_") {
			t.Errorf("opened %q", s)
		}
	})
}

// Whatever is inside a seal was written by us; parsing it must hold even if that were not so.
func FuzzPayloads(f *testing.F) {
	f.Add(appendAccess(nil, core.AccessToken{AppID: id(1), AuthorizationID: id(2), Scope: oauth.Scopes("a"), Reach: core.Reach{Accounts: []core.ID{id(3)}}}))
	f.Add(appendAccess(nil, core.AccessToken{AppID: id(1), Audience: "https://api.example/mcp"}))
	f.Add(appendRefresh(nil, RefreshToken{AppID: id(1), Resources: []string{"https://api.example", "https://b.example/x"}}))
	f.Add(appendFamily(nil, Family{Generation: 9}))
	f.Add(appendRefresh(nil, RefreshToken{AppID: id(1), GrantVersion: 2, Scope: oauth.Scopes("a"), Reach: core.Reach{All: true, Default: id(3)}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := parseAccess(b); err == nil {
			again, err := parseAccess(appendAccess(nil, a))
			if err != nil || !cmp.Equal(a, again) {
				t.Errorf("%x: %+v is not stable: %v", b, a, err)
			}
		}
		if family, err := parseFamily(b); err == nil {
			if again, err := parseFamily(appendFamily(nil, family)); err != nil || again != family {
				t.Errorf("%x: %+v is not stable: %v", b, family, err)
			}
		}
		if refresh, err := parseRefresh(b); err == nil {
			if again, err := parseRefresh(appendRefresh(nil, refresh)); err != nil || !cmp.Equal(refresh, again) {
				t.Errorf("%x: %+v is not stable: %v", b, refresh, err)
			}
		}
	})
}
