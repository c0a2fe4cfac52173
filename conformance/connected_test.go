package conformance

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/fetch"
	"launchpad/internal/lptest"
	"launchpad/internal/secret"
	"launchpad/oauth"
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

// RFC 8707 §2.1: what the person read on the consent page stays to be read: which APIs the access is for, by their names. One that
// is not here any more, or is not open to the app, is shown all the same, since it was allowed and may come back.
func TestRFC8707_2_1_ConnectedAppsNameTheirAPIs(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(s.Person.Email)
		uses := func(app string) (lines []string) {
			t.Helper()
			_, section, found := strings.Cut(b.Get(connectedPath).Body, "<bdi>"+app+"</bdi>")
			if !found {
				t.Fatalf("the page does not list %s", app)
			}
			section, _, _ = strings.Cut(section, "</section>")
			_, section, _ = strings.Cut(section, "<dt>It uses</dt>")
			section, _, _ = strings.Cut(section, "</dd>")
			for _, m := range listItem.FindAllStringSubmatch(section, -1) {
				lines = append(lines, m[1])
			}
			return lines
		}
		want := func(app string, lines ...string) {
			t.Helper()
			if got := uses(app); !slices.Equal(got, lines) {
				t.Errorf("%s uses %q, want %q", app, got, lines)
			}
		}
		const closed, others = ` <span class="chip plain">closed to it now</span>`, `<span class="soft">Other parts of Launchpad, too</span>`

		b.Authorize(s.Web.Request(), lptest.Choice{})
		want(s.Web.Name)
		ask(s, "resource", s.URL+"/mcp", "scope", "mcp:tools")
		want(s.Public.Name, "<bdi>Tools at /mcp</bdi>")
		ask(s, "resource", "https://api.example/", "resource", s.URL+"/mcp")
		want(s.Public.Name, "<bdi>Tools at /mcp</bdi>", "<bdi>api.example</bdi>")
		ask(s)
		want(s.Public.Name, "<bdi>Tools at /mcp</bdi>", "<bdi>api.example</bdi>", others)

		agent, _ := registered(t, s, `{"client_name":"Sample Agent","redirect_uris":["http://127.0.0.1/callback"],"token_endpoint_auth_method":"none"}`)
		q := request(agent, "http://127.0.0.1:5555/callback")
		q["resource"] = []string{s.URL + "/agents", s.URL + "/mcp"}
		b.Authorize(q, lptest.Choice{})
		want("Sample Agent", "<bdi>Sample agents</bdi>", "<bdi>Tools at /mcp</bdi>")
		if file := b.Get("/account/data.json").Body; !strings.Contains(file, `"`+s.URL+`/agents"`) {
			t.Errorf("the export does not tell it: %s", file)
		}

		notForAgents := s.AgentAPI()
		notForAgents.Agents = false
		if err := s.LoadAPIs(s.SampleAPI(), notForAgents); err != nil {
			t.Fatal(err)
		}
		want("Sample Agent", "<bdi>Sample agents</bdi>"+closed, "<bdi>"+s.URL+"/mcp</bdi>"+closed)

		now := s.Clock.Now()
		_, err := s.Store.RecordConsent(t.Context(), core.Grant{
			ID: secret.NewID(now), IdentityID: s.Person.ID, AppID: s.Web.ID, Scope: oauth.Scopes("dashboards:read"), Reach: core.Reach{All: true}, Bound: true,
			Resources: []string{"https://old.example/<b>" + strings.Repeat("x", 5000)}, CreatedAt: now, UpdatedAt: now,
		}, secret.NewID(now), now.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if got := uses(s.Web.Name); len(got) != 2 || !strings.HasPrefix(got[0], "<bdi>https://old.example/&lt;b&gt;xxx") || len(got[0]) > 300 || got[1] != others {
			t.Errorf("an identifier of an API that is not here any more: %q", got)
		}
	}, lptest.WithAgents(fetch.Options{}), withAgents())
}

var listItem = regexp.MustCompile(`<li>(.*?)</li>`)

// grantOf finds what the person allowed the web app.
func grantOf(t *testing.T, s *lptest.Server) core.ID {
	t.Helper()
	g, err := s.Store.Grant(t.Context(), s.Person.ID, s.Web.ID)
	if err != nil {
		t.Fatal(err)
	}
	return g.ID
}
