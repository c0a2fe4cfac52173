package conformance

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/keys"
	"launchpad/internal/lptest"
	"launchpad/internal/secret"
	"launchpad/internal/server"
	"launchpad/internal/store"
)

// kid names the key that a string was made with.
func kid(t *testing.T, prefix secret.Prefix, s string) string {
	t.Helper()
	if prefix == "" {
		head, _, _ := strings.Cut(s, ".")
		text, err := base64.RawURLEncoding.DecodeString(head)
		var header struct{ Kid string }
		if err != nil || json.Unmarshal(text, &header) != nil {
			t.Fatalf("not a JWT: %s", s)
		}
		return header.Kid
	}
	raw, ok := secret.Decode(prefix, s)
	if !ok {
		t.Fatalf("not a %s: %s", prefix, s)
	}
	return hex.EncodeToString(raw[1:5])
}

// jwks gives the published kids.
func jwks(t *testing.T, s *lptest.Server) (kids []string) {
	t.Helper()
	var set struct{ Keys []struct{ Kid string } }
	a := s.Do(s.Request("GET", "/oauth/jwks", ""))
	if err := json.Unmarshal([]byte(a.Body), &set); err != nil || a.Status != 200 {
		t.Fatalf("%d %s: %v", a.Status, a.Body, err)
	}
	for _, key := range set.Keys {
		kids = append(kids, key.Kid)
	}
	return kids
}

// held is one string of every kind.
type held struct {
	sealed, jwt, refresh, code string
	consent                    lptest.Page // waits for the person's answer
	browser                    *lptest.Browser
}

var formats = map[core.TokenFormat]secret.Prefix{core.FormatSealed: secret.AccessToken, core.FormatJWT: ""}

// robot is a machine app with JWTs.
func robot(s *lptest.Server) lptest.App {
	app := s.NewApp("JWT Robot", core.KindMachine)
	app.App = s.Switch(app, apps.Switches{ClientCredentials: true, TokenFormat: core.FormatJWT})
	return app
}

func (h *held) make(t *testing.T, s *lptest.Server, robot lptest.App) {
	t.Helper()
	a := s.Tokens(s.Web)
	h.sealed, h.refresh = a.Text("access_token"), a.Text("refresh_token")
	h.jwt = s.Token(robot, "grant_type", "client_credentials").Text("access_token")
	h.code = s.Code(s.Web)
	h.browser = s.SignedIn(s.Person.Email)
	h.consent = h.browser.Get("/oauth/authorize?" + s.Public.Request().Encode())
}

// works uses up what was held.
func (h *held) works(t *testing.T, s *lptest.Server, robot lptest.App) {
	t.Helper()
	wantStatus(t, s.Call(h.sealed), 200)
	wantStatus(t, s.Call(h.jwt), 200)
	wantActive(t, s, s.Web, h.sealed, true)
	wantActive(t, s, robot, h.jwt, true)
	wantActive(t, s, s.Web, h.refresh, true)
	wantStatus(t, s.Redeem(s.Web, h.code), 200)
	wantStatus(t, s.Refresh(s.Web, h.refresh), 200)
	if page := h.browser.Answer(h.consent, lptest.Choice{}); page.Param("code") == "" {
		t.Errorf("the consent page that was open: %d %s", page.Status, page.Body)
	}
}

// refused finds none of it good any more.
func (h *held) refused(t *testing.T, s *lptest.Server, robot lptest.App) {
	t.Helper()
	wantError(t, s.Call(h.sealed), 401, "invalid_token")
	wantError(t, s.Call(h.jwt), 401, "invalid_token")
	wantActive(t, s, s.Web, h.sealed, false)
	wantActive(t, s, robot, h.jwt, false)
	wantActive(t, s, s.Web, h.refresh, false)
	wantError(t, s.Redeem(s.Web, h.code), 400, "invalid_grant")
	wantError(t, s.Refresh(s.Web, h.refresh), 400, "invalid_grant")
	if page := h.browser.Answer(h.consent, lptest.Choice{}); page.Param("code") != "" {
		t.Error("the consent page that was open still gives a code")
	}
}

func (h *held) kids(t *testing.T) []string {
	t.Helper()
	return []string{
		kid(t, secret.AccessToken, h.sealed), kid(t, "", h.jwt), kid(t, secret.RefreshToken, h.refresh), kid(t, secret.Code, h.code),
		kid(t, secret.Interaction, h.consent.Hidden().Get("i")),
	}
}

// KY01: what was made before a rotation works after it, what is made then has the new key, and the public key was
// published for longer than anybody may cache the set.
func TestKeysRotateUnderEverything(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		robot := robot(s)
		first := jwks(t, s)
		s.Clock.Advance(keys.DefaultRotation.Every - keys.DefaultRotation.Lead)
		s.Settle()
		both := jwks(t, s)
		if len(both) != 2 || both[0] != first[0] {
			t.Fatalf("published %v, before %v; want one more", both, first)
		}
		cached := s.Do(s.Request("GET", "/oauth/jwks", "")).Header.Get("Cache-Control")
		_, age, _ := strings.Cut(cached, "max-age=")
		if seconds, err := strconv.Atoi(age); err != nil || time.Duration(seconds)*time.Second >= keys.DefaultRotation.Lead {
			t.Errorf("the set may be cached for %q, but its keys are used after %s", cached, keys.DefaultRotation.Lead)
		}
		var before, after held
		s.Clock.Advance(keys.DefaultRotation.Lead - time.Second)
		before.make(t, s, robot)
		s.Clock.Advance(time.Second)
		after.make(t, s, robot)
		for i, old := range before.kids(t) {
			if now := after.kids(t)[i]; now == old {
				t.Errorf("kind %d: made with %s before and after", i, old)
			}
		}
		if kid := kid(t, "", before.jwt); kid != both[0] || after.kids(t)[1] != both[1] {
			t.Errorf("signed by %s, then by %s; want %v", kid, after.kids(t)[1], both)
		}
		before.works(t, s, robot)
		after.works(t, s, robot)
		s.Clock.Advance(server.DefaultLife.Access + keys.DefaultRotation.Skew)
		s.Settle()
		if last := jwks(t, s); len(last) != 1 || last[0] != both[1] {
			t.Errorf("at the end %v is published, want %s alone", last, both[1])
		}
	})
}

// KY01: refresh tokens live longest: their key is kept for one that was not used until its last day.
func TestARetiringKeyServesItsLastRefreshToken(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		s.Clock.Advance(keys.DefaultRotation.Every - keys.DefaultRotation.Lead)
		s.Settle()
		s.Clock.Advance(keys.DefaultRotation.Lead - time.Second)
		token := s.Tokens(s.Web).Text("refresh_token")
		for range 4 {
			s.Clock.Advance(server.DefaultLife.RefreshIdle / 4)
			s.Settle()
		}
		a := s.Refresh(s.Web, token)
		wantStatus(t, a, 200)
		if old, now := kid(t, secret.RefreshToken, token), kid(t, secret.RefreshToken, a.Text("refresh_token")); old == now {
			t.Errorf("sealed with %s again", now)
		}
	})
}

// within asks until it is so, and says how long that took. The bar is a second.
func within(t *testing.T, what string, is func() bool) {
	t.Helper()
	begun, late := time.Now(), time.After(time.Second)
	for !is() {
		select {
		case <-late:
			t.Fatalf("not within a second: %s", what)
		default:
		}
	}
	t.Logf("%s after %s", what, time.Since(begun).Round(time.Millisecond))
}

// KY02, on one node: everything that a revoked key made is refused, and there is another key at once.
func TestARevokedKeyEndsWhatItMade(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		robot := robot(s)
		var stolen, after held
		stolen.make(t, s, robot)
		operator := s.Operator()
		for _, kid := range stolen.kids(t) {
			if err := operator.Revoke(t.Context(), kid); err != nil {
				t.Fatal(err)
			}
		}
		within(t, "every key is refused", func() bool { return s.Call(stolen.sealed).Status == 401 && s.Call(stolen.jwt).Status == 401 })
		s.Settle()
		stolen.refused(t, s, robot)
		if published := jwks(t, s); len(published) != 1 || published[0] == kid(t, "", stolen.jwt) {
			t.Errorf("published: %v", published)
		}
		after.make(t, s, robot)
		after.works(t, s, robot)
		s.Restart()
		stolen.refused(t, s, robot)
	})
}

// KY02, on all nodes.
func TestARevokedKeyEndsOnAllNodes(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *lptest.Server) {
		robot := robot(a)
		for _, token := range []string{
			a.Token(a.Machine, "grant_type", "client_credentials").Text("access_token"),
			b.Token(robot, "grant_type", "client_credentials").Text("access_token"),
		} {
			wantStatus(t, a.Call(token), 200)
			wantStatus(t, b.Call(token), 200)
			prefix := secret.AccessToken
			if strings.Contains(token, ".") {
				prefix = ""
			}
			if err := a.Operator().Revoke(t.Context(), kid(t, prefix, token)); err != nil {
				t.Fatal(err)
			}
			within(t, "both refuse", func() bool { return a.Call(token).Status == 401 && b.Call(token).Status == 401 })
		}
	})
}

// KY06: a node that has not heard of a key yet finds it when the first string of it comes.
func TestANodeFindsAKeyThatIsYoungerThanItsLook(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *lptest.Server) {
		robot := robot(a)
		for range 3 {
			for format, app := range map[core.TokenFormat]lptest.App{core.FormatSealed: a.Machine, core.FormatJWT: robot} {
				old := a.Token(app, "grant_type", "client_credentials").Text("access_token")
				b.Settle() // its one look for unknown keys is free again
				if err := a.Operator().Revoke(t.Context(), kid(t, formats[format], old)); err != nil {
					t.Fatal(err)
				}
				a.Settle()
				wantStatus(t, b.Call(a.Token(app, "grant_type", "client_credentials").Text("access_token")), 200)
			}
		}
	})
}

// KY05: of many first starts at once one makes each key, and all have the same.
func TestManyFirstStartsShareOneKeySet(t *testing.T) {
	for _, e := range lptest.Engines(t) {
		if e.Name != "postgres" {
			continue // an embedded database has one process
		}
		t.Run(e.Name, func(t *testing.T) {
			dsn, clock := e.DSN(t), lptest.NewClock()
			sets := make([]string, 8)
			var all sync.WaitGroup
			for i := range sets {
				all.Go(func() {
					s, err := store.Open(t.Context(), dsn, clock)
					if err != nil {
						t.Error(err)
						return
					}
					defer s.Close()
					k, err := keys.Open(t.Context(), server.KeyOptions(server.Options{Store: s, Clock: clock, Issuer: "https://id.example", MasterKey: make([]byte, secret.KeySize), Life: server.DefaultLife}))
					if err != nil {
						t.Error(err)
						return
					}
					sets[i] = string(k.JWKS())
				})
			}
			all.Wait()
			for _, set := range sets {
				if set != sets[0] || strings.Count(set, `"kid"`) != 1 {
					t.Errorf("key sets differ:\n%s\n%s", set, sets[0])
				}
			}
		})
	}
}

// KY03: a copy of the database gives nobody a token. (That it gives no key is tested beside the keys.)
func TestTheDatabaseHoldsNoToken(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		var h held
		h.make(t, s, robot(s))
		secrets := map[string]string{
			"access token": h.sealed, "JWT": h.jwt, "refresh token": h.refresh, "code": h.code, "interaction": h.consent.Hidden().Get("i"),
			"app secret": s.Web.Secret, "session": h.browser.Cookie("lp_session"),
		}
		dump := dump(t, s)
		if !strings.Contains(dump, s.Web.ClientID) {
			t.Fatal("the search does not even find a client_id")
		}
		for name, text := range secrets {
			if len(text) < 40 {
				t.Errorf("%s: there is none to look for: %q", name, text)
			}
			if strings.Contains(dump, text[len(text)/4:len(text)/2+8]) {
				t.Errorf("%s is in the database", name)
			}
		}
	})
}

// KY07: whatever a machine's clock does, nothing that was over comes alive again, no code counts twice, and what is good
// stays good.
func TestAClockThatJumps(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		robot := robot(s)
		for _, back := range []time.Duration{5 * time.Second, time.Hour} {
			over := s.Token(s.Machine, "grant_type", "client_credentials").Text("access_token")
			late, used := s.Code(s.Web), s.Code(s.Web)
			wantStatus(t, s.Redeem(s.Web, used), 200)
			s.Clock.Advance(server.DefaultLife.Access)
			wantError(t, s.Call(over), 401, "invalid_token")
			wantError(t, s.Redeem(s.Web, late), 400, "invalid_grant")
			var good held
			good.make(t, s, robot)
			s.Clock.Advance(-back)
			s.Settle()
			wantError(t, s.Call(over), 401, "invalid_token")
			wantActive(t, s, s.Machine, over, false)
			wantError(t, s.Redeem(s.Web, late), 400, "invalid_grant")
			wantError(t, s.Redeem(s.Web, used), 400, "invalid_grant")
			good.works(t, s, robot)
			good.make(t, s, robot)
			good.works(t, s, robot)
			s.Clock.Advance(back)
		}
		// An hour forward by mistake, in the middle of a rotation, and back.
		s.Clock.Advance(keys.DefaultRotation.Every)
		s.Settle()
		var before held
		before.make(t, s, robot)
		s.Clock.Advance(time.Hour)
		s.Settle()
		wantStatus(t, s.Call(before.sealed), 200)
		s.Clock.Advance(-time.Hour)
		s.Restart() // with the clock right again
		before.works(t, s, robot)
	})
}
