package conformance

import (
	"net/http"
	"strings"
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/importer"
	"launchpad/internal/lptest"
	"launchpad/internal/secret"
)

// SE18, SE19: after somebody deleted their ID, nothing by which they could be known is in any column of any table, nor in the
// file of the database. The test plants what is theirs wherever it can stand, and then looks everywhere.

// traced is somebody's address; traces are parts of it, of their names, and of what they named.
const traced = "wilhelmina@quisquiliar.example"

var traces = []string{"wilhelmina", "quisquiliar"}

func TestSE18_NothingNamesADeletedPerson(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		who, b := tracedPerson(t, s)
		before := lines(dump(t, s))
		for _, table := range []string{"identities", "accounts", "apps", "invitations", "personal_tokens", "imported_rows", "sessions"} {
			if len(tracesIn(before, table)) == 0 {
				t.Errorf("nothing of them is in %s beforehand: this test would prove nothing", table)
			}
		}
		form := b.Get("/account/delete").Hidden()
		form.Set("password", newPassword)
		if page := b.Post("/account/delete", form); page.URL.Path != "/signed-out" {
			t.Fatalf("delete: %d %s\n%s", page.Status, page.URL, page.Body)
		}
		s.Settle()
		s.Restart() // until then the log of an embedded database holds what it was told
		wantForgotten(t, s)

		// Another run of the import brings nothing of them back.
		bring(t, s, sourceNaming(), existing)
		wantForgotten(t, s)
		if list, err := s.Store.Memberships(t.Context(), who.ID); err != nil || len(list) != 0 {
			t.Errorf("memberships of somebody who is gone: %+v, %v", list, err)
		}
	}, lptest.WithSignUp(core.SignUpOpen), lptest.WithCreators(core.CreatorsEveryone))
}

// tracedPerson is somebody whose address and names stand wherever they can.
func tracedPerson(t *testing.T, s *lptest.Server) (core.Identity, *lptest.Browser) {
	t.Helper()
	for _, account := range []core.Account{s.First, s.Second, {}} {
		invite(t, s, account, traced)
	}
	b := s.Browser()
	page := signUp(b, b.Get("/signup"), traced, "name", "Wilhelmina Quisquiliar", "account_name", "Wilhelmina Quisquiliar")
	b.SignIn(page, traced, newPassword)
	who := wantPerson(t, s, traced, true)
	bring(t, s, sourceNaming(), existing)
	own := membershipsOf(t, s, who)
	if len(own) != 3 {
		t.Fatalf("they belong to %+v, want the account of the import, one that came with it, and one of their own", own)
	}

	phone := s.Browser()
	form := phone.Get("/signin").Hidden()
	form.Set("email", traced)
	form.Set("password", newPassword)
	r := s.Request(http.MethodPost, "/signin", form.Encode())
	r.Header.Set("User-Agent", "Wilhelmina's phone")
	phone.Do(r)
	form = b.Get("/oauth/applications/new").Hidden()
	for field, value := range map[string]string{"client_name": "Wilhelmina's", "account": own[0].Account.ID.String(), "redirect_uri": "https://quisquiliar.example/cb", "homepage_url": "https://quisquiliar.example"} {
		form.Set(field, value)
	}
	b.Post("/oauth/applications", form)
	apps, err := s.Store.AppsOf(t.Context(), who.ID)
	if err != nil || len(apps) != 1 {
		t.Fatalf("their apps: %+v, %v", apps, err)
	}
	now := s.Clock.Now()
	if err := s.Store.DeleteApp(t.Context(), apps[0].ID, who.ID, now); err != nil {
		t.Fatal(err)
	}
	token := core.PersonalToken{ID: secret.NewID(now), IdentityID: who.ID, Name: "Wilhelmina's", Reach: core.Reach{All: true}, CreatedAt: now}
	if err := s.Store.CreatePersonalToken(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, s.Redeem(s.Web, b.Authorize(s.Web.Request(), lptest.Choice{}).Param("code")), 200)
	return who, b
}

// sourceNaming is another server that knows a person by their address, and an account by their name.
func sourceNaming() importer.Source {
	return importer.Source{
		People:  slice(importer.Person{Row: row(traced), Email: traced, Name: "Wilhelmina Quisquiliar"}),
		Members: slice(importer.Member{Row: row("wilhelmina/" + traced), PersonKey: traced, Slug: "wilhelmina", Name: "Wilhelmina Quisquiliar", Role: "owner"}),
	}
}

func existing(o *importer.Options) { o.Existing = true }

func membershipsOf(t *testing.T, s *lptest.Server, who core.Identity) []core.Membership {
	t.Helper()
	list, err := s.Store.Memberships(t.Context(), who.ID)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// wantForgotten looks through every column of every table, and the file of the database if there is one.
func wantForgotten(t *testing.T, s *lptest.Server) {
	t.Helper()
	all := dump(t, s)
	for _, line := range tracesIn(lines(all), "") {
		t.Errorf("still there: %.200q", line)
	}
}

func lines(text string) []string { return strings.Split(strings.ToLower(text), "\n") }

// tracesIn finds the rows of a table that tell of somebody; "": of all.
func tracesIn(lines []string, table string) (found []string) {
	for _, line := range lines {
		for _, trace := range traces {
			if at := strings.Index(line, trace); at >= 0 && strings.HasPrefix(line, table) {
				found = append(found, line[max(0, at-60):min(len(line), at+120)])
				break
			}
		}
	}
	return found
}
