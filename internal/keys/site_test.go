package keys

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"launchpad/internal/secret"
)

// Decision 29.
func TestSitesComeBack(t *testing.T) {
	k := mustOpen(t, dsn(t), "https://a.example", make([]byte, secret.KeySize))
	want := Site{Step: SiteHandOver, Origin: "https://b.example", Path: "/a?b=c", Browser: "x", SessionID: id(1), Proof: id(2), At: time.Unix(1_900_000_000, 0).UTC()}
	got, err := k.OpenSite(k.SealSite(want))
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	want.Step = 0
	if _, err := k.OpenSite(k.SealSite(want)); err == nil {
		t.Error("a site of no step opened")
	}
}

func FuzzSitePayload(f *testing.F) {
	f.Add(appendSite(nil, Site{Step: SitePass, Origin: "https://b.example", SessionID: id(1), Proof: id(2), At: time.Unix(1_900_000_000, 0)}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := parseSite(b); err == nil {
			if again, err := parseSite(appendSite(nil, s)); err != nil || !cmp.Equal(s, again) {
				t.Errorf("%x: %+v is not stable: %v", b, s, err)
			}
		}
	})
}
