package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"launchpad/internal/core"
	"launchpad/oauth"
)

// What tokens may be for goes with the authorization; the grant gathers what was ever agreed to, and once tokens for no API
// in particular were, they stay allowed.
func TestResourcesAreRemembered(t *testing.T) {
	eachWorld(t, func(t *testing.T, w *world) {
		consent := func(who core.Identity, resources ...string) core.Grant {
			t.Helper()
			w.clock.Advance(time.Second)
			now := w.clock.Now()
			_, err := w.RecordConsent(t.Context(), core.Grant{
				ID: w.id(), IdentityID: who.ID, AppID: w.app.ID, Scope: oauth.Scopes("read"), Reach: core.Reach{All: true}, Resources: resources, Bound: len(resources) > 0, CreatedAt: now, UpdatedAt: now,
			}, w.id(), now.Add(time.Hour))
			must(t, err)
			stored, err := w.Grant(t.Context(), who.ID, w.app.ID)
			must(t, err)
			return stored
		}
		const a, b = "https://a.example", "https://b.example/mcp"
		consent(w.ann, a)
		g := consent(w.ann, b, a)
		if diff := cmp.Diff([]string{a, b}, g.Resources); diff != "" || !g.Bound || g.AllowsTokensFor(nil) || !g.AllowsTokensFor([]string{b}) || g.AllowsTokensFor([]string{b, "https://c.example"}) {
			t.Errorf("%+v %s", g, diff)
		}
		if g := consent(w.ben); g.Bound || len(g.Resources) > 0 || g.AllowsTokensFor([]string{a}) || !g.AllowsTokensFor(nil) {
			t.Errorf("a stranger's grant: %+v", g)
		}
		for who, want := range map[core.ID][]string{w.ann.ID: {a, b}, w.ben.ID: nil} {
			list, err := w.ConnectedApps(t.Context(), who)
			if err != nil || len(list) != 1 || !cmp.Equal(list[0].Grant.Resources, want) || list[0].Grant.Bound != (want != nil) {
				t.Errorf("connected apps: %+v, %v; want %v", list, err, want)
			}
		}
		now := w.clock.Now()
		started := core.Authorization{ID: w.id(), GrantID: g.ID, Scope: g.Scope, Resources: []string{b, a}, Digest: "digest", CreatedAt: now, CodeExpiresAt: now.Add(time.Minute), ExpiresAt: now.Add(time.Hour)}
		must(t, w.StartAuthorization(t.Context(), started, core.ID{}))
		for name, load := range map[string]func() ([]string, error){
			"code":    func() ([]string, error) { s, err := w.CodeOf(t.Context(), started.ID); return s.Resources, err },
			"refresh": func() ([]string, error) { s, err := w.Authorization(t.Context(), started.ID); return s.Resources, err },
		} {
			got, err := load()
			must(t, err)
			if diff := cmp.Diff(started.Resources, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		if g := consent(w.ann); g.Bound || !g.AllowsTokensFor(nil) || !g.AllowsTokensFor([]string{a, b}) {
			t.Errorf("after a consent to every API: %+v", g)
		}
	})
}
