package conformance

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"launchpad/internal/core"
	"launchpad/internal/importer"
	"launchpad/internal/lptest"
)

// What another server issued, and its clients hold. They know nothing of the move.
const (
	oldClient  = "4bf1a8f2c7d94e0f8a63b5d2e1907c64"
	oldSecret  = "Zx3kQ9vT1mB7nR5cY2wL8pD4sF6gH0jKaUiOeXtPzM1"
	oldAccess  = "oldAccess_7Jd82kLq03mVbX5nTzRw9yPcHs4GfUeA1"
	oldForever = "oldForever_2Wq9eRt8yUi7oPa6sDf5gHj4kLz3xCv"
	oldRefresh = "oldRefresh_Nn8bVv7cCx6zLl5kJj4hHg3fFd2sSa1"
	oldMachine = "oldMachine_Pp0oOi9uUy8tTr7eEw6qQa5sSd4fFg3"
)

// slice makes rows of values at hand.
func slice[T any](rows ...T) importer.Rows[T] {
	return importer.Rows[T]{Count: len(rows), Each: func(_ context.Context, yield func(T) error) error {
		for _, row := range rows {
			if err := yield(row); err != nil {
				return err
			}
		}
		return nil
	}}
}

func row(key string) importer.Row { return importer.Row{Key: key} }

// oldServer holds one app, one person, and what the app got for them. Change it before it is imported.
func oldServer(s *lptest.Server) importer.Source {
	now := s.Clock.Now()
	born, ends := now.Add(-time.Hour), now.Add(time.Hour)
	return importer.Source{
		People: slice(importer.Person{Row: row("7"), Email: "old@example.com", Name: "Olga Old"}),
		Apps: slice(importer.App{
			Row: row("3"), ClientID: oldClient, Name: "Old Reports", Secret: importer.Stored{Text: oldSecret},
			RedirectURIs: []string{"https://old.example/cb", "http://old.example/cb", "oldapp://cb"}, CreatedAt: born,
		}),
		Tokens: slice(
			importer.Token{Row: row("1"), AppKey: "3", PersonKey: "7", Access: importer.Stored{Text: oldAccess}, Refresh: importer.Stored{Text: oldRefresh}, CreatedAt: born, ExpiresAt: ends},
			importer.Token{Row: row("2"), AppKey: "3", PersonKey: "7", Access: importer.Stored{Text: oldForever}, CreatedAt: born},
			importer.Token{Row: row("4"), AppKey: "3", Access: importer.Stored{Text: oldMachine}, CreatedAt: born, ExpiresAt: ends},
		),
	}
}

// bring imports a source, and lets the second pass within which every server learns of it.
func bring(t *testing.T, s *lptest.Server, source importer.Source, change ...func(*importer.Options)) map[string]importer.Counts {
	t.Helper()
	o := importer.Options{
		Name: "old", Account: s.First, Owner: s.Person, Everybody: true, Profile: core.ProfileOAuth2, HTTPRedirectsUntil: s.Clock.Now().AddDate(1, 0, 0),
		Published: lptest.Catalog.Published(), RefreshAbsolute: 365 * 24 * time.Hour,
	}
	for _, c := range change {
		c(&o)
	}
	report := importer.NewReport(nil)
	if err := importer.New(s.Store, s.Clock, o, report).Run(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(time.Second)
	return report.Counts()
}

// movedApp is the client of another server, as it goes on here.
func movedApp(s *lptest.Server, t *testing.T) lptest.App {
	t.Helper()
	app, err := s.Store.AppByClientID(t.Context(), oldClient)
	if err != nil {
		t.Fatal(err)
	}
	return lptest.App{App: app, Secret: oldSecret}
}

func TestRFC6750_2_1_OldAccessTokensCallTheAPI(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		wantStatus(t, s.Call(oldAccess), 401)
		bring(t, s, oldServer(s))
		for _, token := range []string{oldAccess, oldForever, oldMachine} {
			wantStatus(t, s.Call(token), 200)
		}
		for _, other := range []string{oldRefresh, oldAccess + "x", strings.ToUpper(oldAccess), oldSecret, ""} {
			if a := s.Call(other); a.Status != 401 {
				t.Errorf("%q: %d %s", other, a.Status, a.Body)
			}
		}
		wantStatus(t, s.Do(s.Request("GET", "/v3/dashboards?access_token="+oldAccess, "")), 200)
		s.Clock.Advance(time.Hour)
		expired := s.Call(oldAccess)
		wantStatus(t, expired, 401)
		if !strings.Contains(expired.Header.Get("WWW-Authenticate"), "expired") {
			t.Errorf("challenge %q", expired.Header.Get("WWW-Authenticate"))
		}
		s.Clock.Advance(3 * 365 * 24 * time.Hour)
		wantStatus(t, s.Call(oldForever), 200)
	})
}

// The client refreshes as it always did, and goes on with ours.
func TestRFC6749_6_OldRefreshTokensRefresh(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		bring(t, s, oldServer(s))
		app := movedApp(s, t)
		wantError(t, s.Refresh(s.Web, oldRefresh), 400, "invalid_grant") // a stranger changes nothing
		first := refreshed(t, s, app, oldRefresh)
		wantStatus(t, s.Call(oldAccess), 200) // the answer may have been lost
		wantStatus(t, s.Call(first.Text("access_token")), 200)
		s.Settle()
		s.Clock.Advance(11 * time.Second)
		wantStatus(t, s.Call(oldAccess), 401) // it arrived: the old one ends, as it did where it came from
		wantStatus(t, s.Call(oldForever), 200)
		second := refreshed(t, s, app, first.Text("refresh_token"))
		wantStatus(t, s.Call(second.Text("access_token")), 200)
		wantError(t, s.Refresh(app, oldAccess), 400, "invalid_grant")
	})
}

// RFC 9700 §4.14.2: what was refreshed there just before the move is a pair that replaces another. As there, both are good until the
// new one is first used, because its answer may have been lost; then the other ends.
func TestRFC9700_4_14_2_OldTokensThatWereRefreshedBeforeTheMove(t *testing.T) {
	const newAccess, newRefresh = "newAccess_9Sd2kLq03mVbX5nTzRw9yPcHs4GfUeA1", "newRefresh_3n8bVv7cCx6zLl5kJj4hHg3fFd2sSa1"
	refreshedThere := func(s *lptest.Server) importer.Source {
		source, now := oldServer(s), s.Clock.Now()
		before := source.Tokens
		source.Tokens.Each = func(ctx context.Context, yield func(importer.Token) error) error {
			if err := before.Each(ctx, yield); err != nil {
				return err
			}
			return yield(importer.Token{
				Row: row("9"), AppKey: "3", PersonKey: "7", Access: importer.Stored{Text: newAccess}, Refresh: importer.Stored{Text: newRefresh},
				Replaces: importer.Stored{Text: oldRefresh}, CreatedAt: now, ExpiresAt: now.Add(2 * time.Hour),
			})
		}
		return source
	}
	for name, use := range map[string]func(*testing.T, *lptest.Server){
		"a call": func(t *testing.T, s *lptest.Server) { wantStatus(t, s.Call(newAccess), 200) },
		"a refresh": func(t *testing.T, s *lptest.Server) {
			wantError(t, s.Refresh(s.Web, newRefresh), 400, "invalid_grant") // a stranger changes nothing
			wantStatus(t, s.Call(oldAccess), 200)
			refreshed(t, s, movedApp(s, t), newRefresh)
		},
	} {
		t.Run(name, func(t *testing.T) {
			lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
				bring(t, s, refreshedThere(s))
				app := movedApp(s, t)
				wantStatus(t, s.Call(oldAccess), 200)
				use(t, s)
				wantStatus(t, s.Call(oldAccess), 401)
				wantError(t, s.Refresh(app, oldRefresh), 400, "invalid_grant")
				wantStatus(t, s.Call(newAccess), 200)
				wantStatus(t, s.Call(oldForever), 200)
				bring(t, s, refreshedThere(s)) // and another run does not bring it back
				wantStatus(t, s.Call(oldAccess), 401)
				wantError(t, s.Refresh(app, oldRefresh), 400, "invalid_grant")
			})
		})
	}
	t.Run("the answer was lost", func(t *testing.T) {
		lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
			bring(t, s, refreshedThere(s))
			app := movedApp(s, t)
			first := refreshed(t, s, app, oldRefresh)
			wantStatus(t, s.Call(newAccess), 200) // another process of the client had it: two lines, as there
			refreshed(t, s, app, first.Text("refresh_token"))
			refreshed(t, s, app, newRefresh)
		})
	})
}

// Five processes of the old client refresh at once: all are answered, and it is one family.
func TestRFC9700_4_14_2_OldRefreshTokensInParallel(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		bring(t, s, oldServer(s))
		app := movedApp(s, t)
		answers := make([]lptest.Answer, 5)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = s.Refresh(app, oldRefresh) })
		}
		all.Wait()
		for _, a := range answers {
			wantStatus(t, a, 200)
			wantStatus(t, s.Call(a.Text("access_token")), 200)
		}
		wantStatus(t, s.PostAs(app, "/oauth/revoke", lptest.Form("token", answers[0].Text("refresh_token"))), 200)
		for _, a := range answers {
			wantStatus(t, s.Call(a.Text("access_token")), 401)
		}
	})
}

// Days later the old token is a thief's: the family ends.
func TestRFC9700_4_14_2_AnOldRefreshTokenReused(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		bring(t, s, oldServer(s))
		app := movedApp(s, t)
		first := refreshed(t, s, app, oldRefresh)
		s.Call(first.Text("access_token"))
		s.Settle()
		s.Clock.Advance(3 * 24 * time.Hour)
		wantError(t, s.Refresh(app, oldRefresh), 400, "invalid_grant")
		wantError(t, s.Refresh(app, first.Text("refresh_token")), 400, "invalid_grant")
	})
}

func TestRFC7009_2_1_OldTokensAreRevoked(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		bring(t, s, oldServer(s))
		app := movedApp(s, t)
		// Another app's attempt changes nothing; possession alone is enough.
		wantError(t, s.PostAs(s.Web, "/oauth/revoke", lptest.Form("token", oldForever)), 400, "unauthorized_client")
		wantStatus(t, s.Call(oldForever), 200)
		wantStatus(t, s.Do(s.Request("POST", "/oauth/revoke?token="+oldForever, "")), 200)
		wantStatus(t, s.Call(oldForever), 401)
		wantError(t, s.PostAs(s.Web, "/oauth/revoke", lptest.Form("token", oldRefresh)), 400, "unauthorized_client")
		wantStatus(t, s.PostAs(app, "/oauth/revoke", lptest.Form("token", oldRefresh)), 200)
		wantStatus(t, s.Call(oldAccess), 401)
		wantError(t, s.Refresh(app, oldRefresh), 400, "invalid_grant")
		s.Clock.Advance(24 * time.Hour) // longer than any memory
		s.Restart()
		wantStatus(t, s.Call(oldForever), 401)
		bring(t, s, oldServer(s)) // and another run does not bring them back
		wantStatus(t, s.Call(oldForever), 401)
		wantError(t, s.Refresh(app, oldRefresh), 400, "invalid_grant")
	})
}

func TestRFC7662_2_2_OldTokensAreDescribed(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		bring(t, s, oldServer(s))
		app := movedApp(s, t)
		for _, token := range []string{oldAccess, oldForever, oldMachine, oldRefresh} {
			if !s.Active(app, token) {
				t.Errorf("%s is not active", token)
			}
			if s.Active(s.Web, token) {
				t.Errorf("%s is another app's business", token)
			}
		}
		a := s.PostAs(app, "/oauth/introspect", lptest.Form("token", oldForever))
		if a.Text("client_id") != oldClient || a.Text("scope") != lptest.Catalog.Published().String() || a.JSON["exp"] != nil {
			t.Errorf("described as %s", a.Body)
		}
		refreshed(t, s, app, oldRefresh)
		if s.Active(app, oldRefresh) {
			t.Error("a refresh token that has a successor is active")
		}
	})
}

// What a person takes back under connected apps ends with it, at once, and stays so.
func TestRFC7009_2_1_OldTokensEndWithTheirGrant(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		bring(t, s, oldServer(s))
		app := movedApp(s, t)
		wantStatus(t, s.Call(oldForever), 200)
		person, err := s.Store.IdentityByEmail(t.Context(), "old@example.com")
		if err != nil {
			t.Fatal(err)
		}
		grant, err := s.Store.Grant(t.Context(), person.ID, app.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Store.RevokeGrant(t.Context(), grant.ID, person.ID, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		wantStatus(t, s.Call(oldForever), 401)
		wantError(t, s.Refresh(app, oldRefresh), 400, "invalid_grant")
		bring(t, s, oldServer(s))
		wantStatus(t, s.Call(oldForever), 401)
	})
}

// A fault of storage is never a refusal: clients delete their tokens on that.
func TestRFC6749_5_2_OldTokensAndAFaultOfStorage(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		bring(t, s, oldServer(s))
		app := movedApp(s, t)
		wantStatus(t, s.PostAs(app, "/oauth/introspect", lptest.Form("token", oldMachine)), 200) // the app is known
		s.BreakStore()
		wantStatus(t, s.Call(oldAccess), 503)
		wantStatus(t, s.Refresh(app, oldRefresh), 503)
		wantStatus(t, s.Do(s.Request("POST", "/oauth/revoke", "token="+oldRefresh)), 503)
	})
}

// CA26: secrets that a person may have chosen keep a slow hash, and work as before.
func TestRFC6749_2_3_1_OldSecrets(t *testing.T) {
	slow, err := bcrypt.GenerateFromPassword([]byte("a bcrypt secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		source := oldServer(s)
		source.Tokens = importer.Rows[importer.Token]{}
		source.Apps = slice(
			importer.App{Row: row("1"), ClientID: "chosen", Name: "Chosen", Secret: importer.Stored{Text: "my dog's name"}, RedirectURIs: []string{"https://a.example/"}},
			importer.App{Row: row("2"), ClientID: "bcrypt", Name: "Bcrypt", Secret: importer.Stored{Text: string(slow)}, RedirectURIs: []string{"https://a.example/"}},
			importer.App{Row: row("3"), ClientID: "random", Name: "Random", Secret: importer.Stored{Text: oldSecret}, RedirectURIs: []string{"https://a.example/"}},
		)
		bring(t, s, source)
		for client, secret := range map[string]string{"chosen": "my dog's name", "bcrypt": "a bcrypt secret", "random": oldSecret} {
			app, err := s.Store.AppByClientID(t.Context(), client)
			if err != nil {
				t.Fatal(err)
			}
			if isSlow := strings.HasPrefix(app.Secrets[0].Digest, "$"); isSlow != (client != "random") {
				t.Errorf("%s is kept as %q", client, app.Secrets[0].Digest)
			}
			if app.Secrets[0].Digest == secret {
				t.Errorf("%s is kept plain", client)
			}
			for range 3 {
				wantStatus(t, s.PostAs(lptest.App{App: app, Secret: secret}, "/oauth/introspect", lptest.Form("token", "x")), 200)
			}
			wantError(t, s.PostAs(lptest.App{App: app, Secret: secret + "x"}, "/oauth/introspect", lptest.Form("token", "x")), 401, "invalid_client")
		}
	})
}

// RFC 6749 §2.3.1: an app that is not confidential may have a secret where it came from, and send it or not. It goes on so;
// a wrong one is refused, and a right one makes nothing more of it than it is.
func TestRFC6749_2_3_1_OldPublicAppsMaySendTheirSecret(t *testing.T) {
	for name, secret := range map[string]string{"a random one": oldSecret, "a chosen one": "my dog's name"} {
		t.Run(name, func(t *testing.T) {
			lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
				source := oldServer(s)
				source.Apps = slice(importer.App{
					Row: row("3"), ClientID: oldClient, Name: "Old Phone", Secret: importer.Stored{Text: secret}, Public: true, RedirectURIs: []string{lptest.Redirect},
				})
				bring(t, s, source, func(o *importer.Options) { o.Profile = core.ProfileDraft5 })
				app := movedApp(s, t)
				without, with, wrong := app, app, app
				without.Secret, with.Secret, wrong.Secret = "", secret, secret+"x"
				if app.Confidential() {
					t.Fatal("the app is confidential")
				}
				tokens := refreshed(t, s, with, oldRefresh)
				wantError(t, s.Refresh(wrong, tokens.Text("refresh_token")), 401, "invalid_client")
				tokens = refreshed(t, s, without, tokens.Text("refresh_token"))
				tokens = refreshed(t, s, with, tokens.Text("refresh_token"))
				wantStatus(t, s.Call(tokens.Text("access_token")), 200)

				// Its requests are older than PKCE.
				request := lptest.Form("response_type", "code", "client_id", oldClient, "redirect_uri", lptest.Redirect)
				for _, as := range []lptest.App{with, without} {
					code := s.SignedIn(s.Person.Email).Authorize(request, lptest.Choice{}).Param("code")
					wantStatus(t, s.Token(as, "grant_type", "authorization_code", "code", code, "redirect_uri", lptest.Redirect), 200)
				}
				code := s.SignedIn(s.Person.Email).Authorize(request, lptest.Choice{}).Param("code")
				wantError(t, s.Token(wrong, "grant_type", "authorization_code", "code", code, "redirect_uri", lptest.Redirect), 401, "invalid_client")
				wantError(t, s.Token(with, "grant_type", "client_credentials"), 400, "unauthorized_client")
				if uses := counted(t, s, app); uses[core.OldNoPKCE] == 0 {
					t.Errorf("authorizations without PKCE are not counted: %v", uses)
				}
			})
		})
	}
}

// RFC 6750 §2.3: what Doorkeeper took in addresses goes on, for apps that came as draft5, and is answered in words of today where
// nothing else in the request is old.
func TestRFC6750_2_3_WhatDoorkeeperTookInAddresses(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		bring(t, s, oldServer(s), func(o *importer.Options) { o.Profile = core.ProfileDraft5 })
		app := movedApp(s, t)
		for _, name := range []string{"access_token", "bearer_token"} {
			wantStatus(t, s.Do(s.Request("GET", "/v3/dashboards?"+name+"="+oldAccess, "")), 200)
		}
		query := lptest.Form("grant_type", "refresh_token", "refresh_token", oldRefresh, "client_id", oldClient, "client_secret", oldSecret)
		wantStatus(t, s.Do(s.Request("POST", "/oauth/token?"+query.Encode(), "")), 200)
		wantError(t, s.Refresh(app, "unknown"), 400, "invalid_grant")
		if uses := counted(t, s, app); uses[core.OldQueryToken] != 2 || uses[core.OldQueryCredentials] != 1 {
			t.Errorf("counted %v", uses)
		}
	})
}

// LG04: nobody makes the endpoint hash again and again; whoever knows the secret never meets the limit.
func TestWrongGuessesAtASlowSecretAreFew(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		source := oldServer(s)
		source.Apps = slice(importer.App{Row: row("3"), ClientID: oldClient, Name: "Chosen", Secret: importer.Stored{Text: "chosen"}, RedirectURIs: []string{"https://a.example/"}})
		bring(t, s, source)
		app := movedApp(s, t)
		ask := func(secret string) int {
			return s.PostAs(lptest.App{App: app.App, Secret: secret}, "/oauth/introspect", lptest.Form("token", "x")).Status
		}
		if got := ask("chosen"); got != 200 {
			t.Fatalf("the right secret: %d", got)
		}
		for n := range 5 {
			if got := ask("wrong" + string(rune('a'+n))); got != 401 {
				t.Errorf("guess %d: %d", n, got)
			}
		}
		if got := ask("another"); got != http.StatusTooManyRequests {
			t.Errorf("one guess more: %d", got)
		}
		if got := ask("chosen"); got != 200 {
			t.Errorf("the right secret among guesses: %d", got)
		}
	})
}

// LG06: a person signs in with the password that they had, through the same gate; from then on it is kept as ours are.
// Of each kind that other servers keep, "correct horse".
var oldHashes = map[string]string{
	"bcrypt":   "$2a$04$TD9vRs5pzzUqiOTmqoXIeORa8BGOuOHLv6F6NrJUFrTmV3jbonPAC",
	"Argon2i":  "$argon2i$v=19$m=4096,t=3,p=2$MDEyMzQ1Njc4OWFiY2RlZg$yzxlzPQyfoowuD37mZoLcXaK/on4xJJEDx4g1LOjzVg",
	"Argon2id": "$argon2id$v=19$m=7168,t=5,p=1$MDEyMzQ1Njc4OWFiY2RlZg$2Ek5zMZVGrFVTlHZZgywf+fd0fS6/y+DB3Z5fAX1+zM",
	"PBKDF2":   "$pbkdf2-sha512$i=1000$MDEyMzQ1Njc4OWFiY2RlZg==$OM0FAoIqCVK1sWtxDiffVlBejtLa+ks4TP71JiecwuSZCG8iLbnlIEPOMoVX+i2B2wkSxjQ8CRGR9OkNGuIPMQ==",
	"scrypt":   "$scrypt$ln=4,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$OAkZqUBelG6VIYdTJfYSENL5OmZRxMa3GwXn5oFliTg=",
}

// ASVS §6.2: a password of any kind signs in once with its old hash, and from then on with ours.
func TestOldPasswordsSignIn(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		var people []importer.Person
		address := func(kind string) string { return strings.ToLower(kind) + "@example.com" }
		for kind, hash := range oldHashes {
			people = append(people, importer.Person{Row: row(kind), Email: address(kind), Name: "Olga Old", PasswordHash: hash})
		}
		source := oldServer(s)
		source.People, source.Tokens = slice(people...), slice[importer.Token]()
		bring(t, s, source)
		kept := func(kind string) string {
			t.Helper()
			person, err := s.Store.IdentityByEmail(t.Context(), address(kind))
			if err != nil {
				t.Fatal(err)
			}
			return person.PasswordHash
		}
		signsIn := func(kind, password string) bool {
			b := s.Browser()
			page := b.SignIn(b.Get("/signin"), address(kind), password)
			return page.Status == 200 && !strings.Contains(page.Body, `name="password"`)
		}
		for kind, hash := range oldHashes {
			if kept(kind) != hash || signsIn(kind, "correct horsf") || kept(kind) != hash {
				t.Errorf("%s: it came as %.12s…, or a wrong password changed something", kind, kept(kind))
			}
			if !signsIn(kind, "correct horse") {
				t.Errorf("%s: the right password does not sign in", kind)
			}
			ours := kept(kind)
			if !strings.HasPrefix(ours, "$argon2id$v=19$m=19456,") {
				t.Errorf("%s: it is still kept as %.30s…", kind, ours)
			}
			if !signsIn(kind, "correct horse") || signsIn(kind, "correct horsf") || kept(kind) != ours {
				t.Errorf("%s: ours is not as good as the old one", kind)
			}
		}
	})
}

// An app that came along keeps people by the ids that they had, and finds them by those in what it asks about its token; of whoever
// came after the move, and for every other app, they are ours. RFC 7662 §2.2 leaves to the server what a subject is called.
func TestOldAppsKnowPeopleByTheirOldIDs(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		source := oldServer(s)
		source.Apps = slice(importer.App{
			Row: row("3"), ClientID: oldClient, Name: "Old Reports", Secret: importer.Stored{Text: oldSecret}, RedirectURIs: s.Web.RedirectURIs, CreatedAt: s.Clock.Now(),
		})
		bring(t, s, source)
		told := func(path, token string) string {
			a := s.Do(withHeader(s.Request("GET", path, ""), "Authorization", "Bearer "+token))
			if a.Status != 200 {
				t.Errorf("%s: %d %s", path, a.Status, a.Body)
			}
			return a.Body
		}
		ours := s.Tokens(movedApp(s, t)).Text("access_token")
		for path, form := range map[string]string{
			"/oauth/token/info": `{"resource_owner_id":%s,`, "/authorization.json": `"identity":{"id":%s,`, "/authorization.xml": `<identity><id>%s</id>`,
		} {
			if want := fmt.Sprintf(form, "7"); !strings.Contains(told(path, oldAccess), want) {
				t.Errorf("%s says %s, want %s", path, told(path, oldAccess), want)
			}
			id := s.Person.ID.String()
			if !strings.HasSuffix(path, "xml") {
				id = strconv.Quote(id)
			}
			if want := fmt.Sprintf(form, id); !strings.Contains(told(path, ours), want) {
				t.Errorf("%s says %s of somebody who did not come along, want %s", path, told(path, ours), want)
			}
		}
		if body := told("/oauth/token/info", oldMachine); !strings.Contains(body, `{"resource_owner_id":null,`) {
			t.Errorf("an app that acts for itself: %s", body)
		}
	})
}

// AU03: redirect URIs that came along and could not be registered here are live until the day that was set, and no others.
func TestOldRedirectsUntilADay(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		bring(t, s, oldServer(s))
		ask := func(uri string) lptest.Page {
			return s.SignedIn("stranger@example.com").Get("/oauth/authorize?" + lptest.Form("response_type", "code", "client_id", oldClient, "redirect_uri", uri).Encode())
		}
		s.NewPerson("stranger@example.com", false)
		excepted := []string{"http://old.example/cb", "oldapp://cb"}
		for _, uri := range excepted {
			if page := ask(uri); page.Status >= 400 || strings.Contains(page.Body, "in development") {
				t.Errorf("%s before the day: %d\n%s", uri, page.Status, page.Body)
			}
		}
		if page := ask("otherapp://cb"); page.Status != 400 {
			t.Errorf("a scheme that did not come along: %d\n%s", page.Status, page.Body)
		}
		s.Clock.Advance(366 * 24 * time.Hour)
		for _, uri := range excepted {
			if page := ask(uri); page.Status != 400 || page.Redirect != "" || !strings.Contains(page.Body, "redirect_uri_http_over") {
				t.Errorf("%s after the day: %d %s\n%s", uri, page.Status, page.Redirect, page.Body)
			}
		}
		if page := ask("https://old.example/cb"); page.Status >= 400 {
			t.Errorf("https after the day: %d\n%s", page.Status, page.Body)
		}
	})
}
