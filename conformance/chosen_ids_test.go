package conformance

import (
	"net/url"
	"testing"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
)

// SE19: ids of grants and identities are no secret: apps see them in tokens. Whoever sends one where a form carries an id
// must not make anything that passes as what it names.
func TestNobodyChoosesAnId(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		mallory := s.NewPerson("mallory@example.com", true)
		for _, account := range []core.ID{s.First.ID, s.Second.ID} {
			if err := s.Store.AddMember(t.Context(), mallory.ID, account, core.RoleMember, s.Person.ID, s.Clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
		made, shown, err := s.Acts().Register(t.Context(), mallory, apps.Draft{Name: "Reports", Kind: core.KindWeb, PublisherID: s.Second.ID, RedirectURIs: []string{lptest.Redirect}})
		if err != nil {
			t.Fatal(err)
		}
		app := lptest.App{App: made, Secret: shown.Reveal()}
		code := s.SignedIn(s.Person.Email).Authorize(app.Request(), lptest.Choice{Accounts: []string{s.First.ID.String()}}).Param("code")
		tokens := s.Redeem(app, code)
		wantStatus(t, tokens, 200)
		grant, err := s.Store.Grant(t.Context(), s.Person.ID, app.ID)
		if err != nil {
			t.Fatal(err)
		}
		b := s.SignedIn(mallory.Email)
		page := b.Get("/oauth/applications/" + app.ID.String())
		csrf := page.Hidden().Get("csrf")
		for _, chosen := range []core.ID{grant.ID, s.Person.ID, s.First.ID, app.ID, s.Web.ID} {
			for path, form := range map[string]url.Values{
				"/oauth/applications/" + app.ID.String() + "/tokens": {"token_name": {"x"}, "account": {s.Second.ID.String()}},
				"/oauth/applications":                                {"client_name": {"Trap"}, "kind": {"web"}, "redirect_uri": {"https://trap.example/cb"}, "account": {s.Second.ID.String()}},
				"/accounts":                                          {"account_name": {"Trap"}, "slug": {"trap-" + chosen.String()[30:]}},
			} {
				form.Set("csrf", csrf)
				form.Set("form_id", chosen.String())
				if answer := b.Post(path, form); answer.Status >= 400 {
					t.Fatalf("%s: %d", path, answer.Status)
				}
			}
			if _, err := s.Store.App(t.Context(), chosen); err == nil && chosen != app.ID && chosen != s.Web.ID {
				t.Errorf("an app was made with the id %s of something else", chosen)
			}
			if _, err := s.Store.PersonalToken(t.Context(), chosen); err == nil {
				t.Errorf("a personal token was made with the id %s of something else", chosen)
			}
			if _, err := s.Store.Account(t.Context(), chosen); err == nil && chosen != s.First.ID {
				t.Errorf("an account was made with the id %s of something else", chosen)
			}
		}
		after, err := s.Store.Grant(t.Context(), s.Person.ID, app.ID)
		if err != nil || after.Reach.All || len(after.Reach.Accounts) != 1 || after.Reach.Accounts[0] != s.First.ID {
			t.Errorf("the person's grant reaches %+v now (%v)", after.Reach, err)
		}
		wantStatus(t, s.Call(tokens.Text("access_token")), 200)
	})
}
