package conformance

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"launchpad/internal/lptest"
)

var (
	secretShown = regexp.MustCompile(`lp_cs_[A-Za-z0-9]+`)
	secretEnds  = regexp.MustCompile(`/secrets/[0-9a-f-]+/end`)
)

// rotation is a developer at the page of an app.
type rotation struct {
	t    *testing.T
	s    *lptest.Server
	b    *lptest.Browser
	app  lptest.App
	path string
}

func rotate(t *testing.T, s *lptest.Server, app lptest.App) rotation {
	return rotation{t, s, s.SignedIn(s.Person.Email), app, "/oauth/applications/" + app.ID.String()}
}

// add presses "Add a secret" and gives the app as a client has it that knows the new one.
func (r rotation) add() lptest.App {
	r.t.Helper()
	r.s.Clock.Advance(time.Second)
	page := r.b.Post(r.path+"/secrets", r.b.Get(r.path).Hidden())
	shown := secretShown.FindString(page.Body)
	if page.Status != http.StatusCreated || shown == "" {
		r.t.Fatalf("add a secret: %d\n%s", page.Status, page.Body)
	}
	return lptest.App{App: r.app.App, Secret: shown}
}

// end ends the older (0) or the younger (1) of two secrets.
func (r rotation) end(which int, password string) lptest.Page {
	r.t.Helper()
	links := secretEnds.FindAllString(r.b.Get(r.path).Body, -1)
	if len(links) != 2 {
		r.t.Fatalf("%d secrets can be ended, want 2", len(links))
	}
	form := r.b.Get(r.path + links[which]).Hidden()
	form.Set("password", password)
	return r.b.Post(r.path+links[which], form)
}

// CA26: a secret is replaced while the client keeps working; the ended one is refused at once.
func TestASVS_13_3_4_ASecretIsReplacedUnderALivingClient(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		r, old := rotate(t, s, s.Web), s.Web
		refresh := s.Tokens(old).Text("refresh_token")
		works := func(who lptest.App) {
			t.Helper()
			a := s.Refresh(who, refresh)
			wantStatus(t, a, 200)
			refresh = a.Text("refresh_token")
		}
		renewed := r.add()
		if renewed.Secret == old.Secret {
			t.Fatal("the new secret is the old one")
		}
		works(old)
		works(renewed)
		works(old)
		if page := r.end(0, "wrong"); page.Status != http.StatusUnprocessableEntity {
			t.Errorf("ended with a wrong password: %d, want 422", page.Status)
		}
		works(old)
		if page := r.end(0, lptest.Password); page.Status != http.StatusOK || page.URL.RawQuery != "secret_ended" {
			t.Fatalf("end the old secret: %d %s", page.Status, page.URL)
		}
		for _, path := range []string{"/oauth/token", "/oauth/introspect", "/oauth/revoke"} {
			wantError(t, s.PostAs(old, path, lptest.Form("grant_type", "refresh_token", "refresh_token", refresh, "token", refresh)), 401, "invalid_client")
		}
		works(renewed)
		s.Restart()
		wantError(t, s.Refresh(old, refresh), 401, "invalid_client")
		works(renewed)
	})
}

// CA26: two live at most, one at least, and each is shown once.
func TestTwoSecretsAtMostOneAtLeast(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		r := rotate(t, s, s.Web)
		s.Clock.Advance(time.Second)
		form := r.b.Get(r.path).Hidden()
		first := r.b.Post(r.path+"/secrets", form)
		again := r.b.Post(r.path+"/secrets", form)
		shown := secretShown.FindString(first.Body)
		if shown == "" || again.Status != http.StatusOK || strings.Contains(again.Body, shown) {
			t.Errorf("the same form again: %d, must show the app without the secret", again.Status)
		}
		form.Set("form_id", s.Web.ID.String())
		if third := r.b.Post(r.path+"/secrets", form); third.Status != http.StatusConflict || secretShown.MatchString(third.Body) {
			t.Errorf("a third secret: %d, want 409", third.Status)
		}
		if body := r.b.Get(r.path).Body; !strings.Contains(body, "…"+shown[len(shown)-4:]) || !strings.Contains(body, "…"+s.Web.Secret[len(s.Web.Secret)-4:]) || strings.Contains(body, shown[:len(shown)-4]) {
			t.Error("the app's page must tell the two secrets apart without showing them")
		}
		last := secretEnds.FindAllString(r.b.Get(r.path).Body, -1)[1]
		if page := r.end(0, lptest.Password); page.Status != http.StatusOK {
			t.Fatalf("end one: %d", page.Status)
		}
		if page := r.b.Get(r.path + last); page.Status != http.StatusConflict {
			t.Errorf("the page to end the last one: %d, want 409", page.Status)
		}
		form.Set("password", lptest.Password)
		if page := r.b.Post(r.path+last, form); page.Status != http.StatusConflict {
			t.Errorf("end the last one: %d, want 409", page.Status)
		}
		wantStatus(t, s.Tokens(lptest.App{App: s.Web.App, Secret: shown}), 200)
		public := rotate(t, s, s.Public)
		if page := public.b.Post(public.path+"/secrets", public.b.Get(public.path).Hidden()); page.Status != http.StatusConflict || secretShown.MatchString(page.Body) {
			t.Errorf("a secret for an app that cannot keep one: %d, want 409", page.Status)
		}
	})
}

// CA26: however many ask at once, one gets the second secret.
func TestRacingForTheSecondSecret(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		var mu sync.Mutex
		var made []string
		var all sync.WaitGroup
		r := rotate(t, s, s.Web)
		for range 20 {
			all.Go(func() {
				page := r.b.Post(r.path+"/secrets", r.b.Get(r.path).Hidden())
				mu.Lock()
				defer mu.Unlock()
				if shown := secretShown.FindString(page.Body); shown != "" {
					made = append(made, shown)
				} else if page.Status != http.StatusConflict {
					t.Errorf("a loser got %d, want 409", page.Status)
				}
			})
		}
		all.Wait()
		if len(made) != 1 {
			t.Fatalf("%d secrets were made, want 1", len(made))
		}
		wantStatus(t, s.Tokens(lptest.App{App: s.Web.App, Secret: made[0]}), 200)
	})
}

// CA26: the page shows which secret is in use, so that the right one is ended.
func TestLastUseOfASecret(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		r := rotate(t, s, s.Machine)
		renewed := r.add()
		use := func(who lptest.App) {
			t.Helper()
			wantStatus(t, s.Token(who, "grant_type", "client_credentials"), 200)
		}
		lastUses := func() (list []time.Time) {
			t.Helper()
			r.b.Get(r.path) // writes the notes that wait
			app, err := s.Store.App(t.Context(), s.Machine.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range app.Secrets {
				list = append(list, secret.LastUsedAt)
			}
			return list
		}
		wrong := lptest.App{App: s.Machine.App, Secret: "lp_cs_wrong"}
		wantError(t, s.Token(wrong, "grant_type", "client_credentials"), 401, "invalid_client")
		if got := lastUses(); !got[0].IsZero() || !got[1].IsZero() {
			t.Errorf("before any use: %v", got)
		}
		use(s.Machine)
		first := s.Clock.Now()
		if got := lastUses(); !got[0].Equal(first) || !got[1].IsZero() {
			t.Errorf("after the old one was used: %v", got)
		}
		s.Clock.Advance(5 * time.Minute)
		use(s.Machine)
		use(renewed)
		if got := lastUses(); !got[0].Equal(first) || !got[1].Equal(s.Clock.Now()) {
			t.Errorf("five minutes later: %v, want the old use and a new one", got)
		}
		s.Clock.Advance(6 * time.Minute)
		use(s.Machine)
		if got := lastUses(); !got[0].Equal(s.Clock.Now()) {
			t.Errorf("eleven minutes later: %v, want the newest use", got)
		}
	})
}
