package conformance

import (
	"strings"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/lptest"
)

const connectedPath = "/oauth/authorized_applications"

// RT09: a person sees which app may do what where, since when and when last, and takes it back; then everything that the app
// holds is dead.
func TestConnectedAppsAreSeenAndRemoved(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		if page := b.Get(connectedPath); !strings.Contains(page.Body, "No app yet") {
			t.Errorf("before anything: %s", page.Body)
		}
		code := b.Authorize(s.Web.Request(), lptest.Choice{Accounts: []string{s.Second.ID.String()}}).Param("code")
		tokens := s.Redeem(s.Web, code)
		wantStatus(t, tokens, 200)
		if page := b.Get(connectedPath); !strings.Contains(page.Body, "Not yet") {
			t.Error("an app that was never used is shown as used")
		}
		wantStatus(t, s.Call(tokens.Text("access_token")), 200)
		s.Clock.Advance(3 * time.Hour)
		page := b.Get(connectedPath)
		for _, want := range []string{s.Web.Name, s.First.Name, s.Second.Name, "Your dashboards", "3 hours ago"} {
			if !strings.Contains(page.Body, want) {
				t.Errorf("the page does not say %q:\n%s", want, page.Body)
			}
		}
		fresh := s.Refresh(s.Web, tokens.Text("refresh_token"))
		wantStatus(t, s.Call(fresh.Text("access_token")), 200)

		action := connectedPath + "/" + grantOf(t, s).String() + "/remove"
		if !strings.Contains(page.Body, `action="`+action+`"`) {
			t.Fatalf("no form to remove the access:\n%s", page.Body)
		}
		removed := b.Post(action, page.Hidden())
		if removed.Status != 200 || !strings.Contains(removed.Body, "No app yet") {
			t.Errorf("removed: %d\n%s", removed.Status, removed.Body)
		}
		wantStatus(t, s.Call(fresh.Text("access_token")), 401)
		wantError(t, s.Refresh(s.Web, fresh.Text("refresh_token")), 400, "invalid_grant")
		if again := b.Post(action, page.Hidden()); again.Status != 404 {
			t.Errorf("removed twice: %d, want 404", again.Status)
		}
	})
}

// DC18: strangers see and remove nothing.
func TestConnectedAppsAreTheirOwners(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		tokens := s.Tokens(s.Web)
		stranger := s.NewPerson("stranger@example.com", false)
		b := s.SignedIn(stranger.Email)
		page := b.Get(connectedPath)
		if strings.Contains(page.Body, s.Web.Name) {
			t.Error("a stranger sees another person's apps")
		}
		if answer := b.Post(connectedPath+"/"+grantOf(t, s).String()+"/remove", page.Hidden()); answer.Status != 404 {
			t.Errorf("a stranger's removal: %d, want 404", answer.Status)
		}
		wantStatus(t, s.Call(tokens.Text("access_token")), 200)
	})
}

// grantOf finds what the person allowed the web app.
func grantOf(t *testing.T, s *lptest.Server) core.ID {
	t.Helper()
	g, err := s.Store.Grant(t.Context(), s.Person.ID, s.Web.ID)
	if err != nil {
		t.Fatal(err)
	}
	return g.ID
}
