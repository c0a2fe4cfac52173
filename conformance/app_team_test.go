package conformance

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/lptest"
	"launchpad/internal/secret"
)

// teamRoutes says for each route of the portal what happens to the owner of an app, to a member of its team, to an admin
// of the account that is not on it, to somebody who was on it and left the account, and to a stranger.
var teamRoutes = map[string][5]int{
	"GET /oauth/applications":                                {200, 200, 200, 200, 200}, // each their own
	"POST /oauth/applications":                               {201, 201, 201, 422, 422}, // in the account's name
	"GET /oauth/applications/new":                            {200, 200, 200, 200, 200},
	"GET /oauth/applications/{app}":                          {200, 200, 404, 404, 404},
	"GET /oauth/applications/{app}/edit":                     {200, 200, 404, 404, 404},
	"POST /oauth/applications/{app}/edit":                    {200, 200, 404, 404, 404},
	"GET /oauth/applications/{app}/delete":                   {200, 403, 404, 404, 404},
	"POST /oauth/applications/{app}/delete":                  {200, 403, 404, 404, 404},
	"POST /oauth/applications/{app}/switches":                {404, 404, 404, 404, 404}, // operators only
	"POST /oauth/applications/{app}/secrets":                 {201, 201, 404, 404, 404},
	"GET /oauth/applications/{app}/secrets/{secret}/end":     {200, 200, 404, 404, 404},
	"POST /oauth/applications/{app}/secrets/{secret}/end":    {200, 200, 404, 404, 404},
	"POST /oauth/applications/{app}/team":                    {200, 403, 404, 404, 404},
	"POST /oauth/applications/{app}/team/{member}/remove":    {200, 403, 404, 404, 404},
	"GET /oauth/applications/{app}/team/{member}/hand-over":  {200, 403, 404, 404, 404},
	"POST /oauth/applications/{app}/team/{member}/hand-over": {200, 403, 404, 404, 404},
	"POST /oauth/applications/{app}/take-over":               {404, 404, 404, 404, 404}, // the owner is there
	"POST /oauth/applications/{app}/tokens":                  {201, 201, 404, 404, 404},
	"POST /oauth/applications/{app}/tokens/{token}/revoke":   {404, 404, 404, 404, 404}, // of somebody else's token
}

// office is an account with an owner of apps, his team, and those around it.
type office struct {
	*lptest.Server
	owner, member, seat, admin, left, stranger core.Identity
	browsers                                   map[core.ID]*lptest.Browser
}

func openOffice(t *testing.T, s *lptest.Server) *office {
	o := &office{Server: s, browsers: map[core.ID]*lptest.Browser{}}
	for who, role := range map[*core.Identity]core.Role{&o.owner: core.RoleMember, &o.member: core.RoleMember, &o.seat: core.RoleMember, &o.admin: core.RoleAdmin, &o.left: core.RoleMember, &o.stranger: ""} {
		*who = s.NewPerson(secret.NewID(s.Clock.Now()).String()+"@example.com", false)
		if role != "" {
			o.add(t, *who, role)
		}
		o.browsers[who.ID] = s.SignedIn(who.Email)
	}
	return o
}

func (o *office) add(t *testing.T, who core.Identity, role core.Role) {
	t.Helper()
	check(t, o.Store.AddMember(t.Context(), who.ID, o.First.ID, role, o.Person.ID, o.Clock.Now()))
}

func (o *office) remove(t *testing.T, who core.Identity) {
	t.Helper()
	self, err := o.Store.Membership(t.Context(), who.ID, o.First.Slug)
	check(t, err)
	check(t, o.Store.RemoveMember(t.Context(), self, core.Member{Identity: who, Role: self.Role}, o.Clock.Now()))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newApp registers an app of the owner's with its team.
func (o *office) newApp(t *testing.T, redirect string) core.App {
	t.Helper()
	app, _, err := o.Acts().Register(t.Context(), o.owner, apps.Draft{Name: "Team", Kind: core.KindWeb, PublisherID: o.First.ID, RedirectURIs: []string{redirect}})
	check(t, err)
	for _, who := range []core.Identity{o.member, o.seat} {
		check(t, o.Acts().AddToTeam(t.Context(), o.owner, app.ID, who.ID))
	}
	return app
}

// AD02, DC18, DC19: every route of the portal asks who builds the app. A route that is not in the table fails.
func TestEveryRouteOfThePortalAsksWhoBuildsTheApp(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		o, known := openOffice(t, s), map[string]bool{}
		for _, route := range s.Routes() {
			what := route.Method + " " + route.Path
			if !strings.HasPrefix(route.Path, "/oauth/applications") {
				continue
			}
			want, listed := teamRoutes[what]
			if known[what] = true; !listed {
				t.Errorf("%s has no entry in the table", what)
				continue
			}
			for i, who := range []core.Identity{o.owner, o.member, o.admin, o.left, o.stranger} {
				if got := o.visit(t, route.Method, route.Path, who); got != want[i] {
					t.Errorf("%s as %s: %d, want %d", what, [5]string{"owner", "team member", "admin of the account", "former team member", "stranger"}[i], got, want[i])
				}
			}
		}
		for what := range teamRoutes {
			if !known[what] {
				t.Errorf("the table has %s, which is no route", what)
			}
		}
	})
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// visit uses a route on a new app as somebody, with a form that would do.
func (o *office) visit(t *testing.T, method, path string, who core.Identity) int {
	t.Helper()
	app := o.newApp(t, lptest.Redirect)
	if who.ID == o.left.ID {
		check(t, o.Acts().AddToTeam(t.Context(), o.owner, app.ID, who.ID))
		o.remove(t, who)
		defer o.add(t, who, core.RoleMember)
	}
	if strings.Contains(path, "{secret}") {
		_, _, _, err := o.Acts().AddSecret(t.Context(), o.owner, app.ID, secret.NewID(o.Clock.Now()))
		check(t, err)
	}
	token, _, err := o.Acts().CreatePersonalToken(t.Context(), o.seat, app, apps.TokenDraft{Name: "Somebody else's", Reach: core.Reach{All: true}})
	check(t, err)
	b := o.browsers[who.ID]
	address := placeholder.ReplaceAllStringFunc(path, func(part string) string {
		return map[string]core.ID{"{app}": app.ID, "{secret}": app.Secrets[0].ID, "{member}": o.seat.ID, "{token}": token.ID}[part].String()
	})
	if method == http.MethodGet {
		return b.Get(address).Status
	}
	form := url.Values{
		"csrf": {b.Get("/accounts").Hidden().Get("csrf")}, "password": {lptest.Password}, "client_name": {"Other"}, "redirect_uri": {lptest.Redirect},
		"account": {o.First.ID.String()}, "member": {o.admin.ID.String()}, "token_name": {"Mine"},
	}
	if strings.HasSuffix(path, "/tokens") {
		form.Del("account")
	}
	return b.Post(address, form).Status
}

// AU03, ruling 3: who may authorize an app in development is who builds it; colleagues in the account are not enough.
func TestAnAppInDevelopmentIsForItsTeamOnly(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		o := openOffice(t, s)
		app := o.newApp(t, "http://myapp.com/oauth")
		check(t, o.Acts().AddToTeam(t.Context(), o.owner, app.ID, o.left.ID))
		ask := func(who core.Identity) int {
			return o.browsers[who.ID].Get("/oauth/authorize?response_type=code&client_id=" + app.ClientID).Status
		}
		if got := ask(o.left); got != http.StatusOK {
			t.Errorf("a team member: %d, want the consent page", got)
		}
		o.remove(t, o.left)
		for what, c := range map[string]struct {
			who  core.Identity
			want int
		}{"owner": {o.owner, 200}, "team member": {o.member, 200}, "admin of the account": {o.admin, 403}, "former team member": {o.left, 403}, "stranger": {o.stranger, 403}} {
			if got := ask(c.who); got != c.want {
				t.Errorf("%s: %d, want %d", what, got, c.want)
			}
		}
		o.add(t, o.left, core.RoleMember)
		if got := ask(o.left); got != http.StatusForbidden {
			t.Errorf("who came back to the account, but not to the team: %d, want 403", got)
		}
		check(t, o.Acts().RemoveFromTeam(t.Context(), o.owner, app.ID, o.member.ID))
		if got := ask(o.member); got != http.StatusForbidden {
			t.Errorf("who was taken off the team: %d, want 403", got)
		}
	})
}

// AD05: an app outlives its owner's time in the account: whoever runs the account can take it over, and nobody else.
func TestAnAppLeftBehindIsTakenOver(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		o := openOffice(t, s)
		app := o.newApp(t, lptest.Redirect)
		path := "/oauth/applications/" + app.ID.String()
		post := func(who core.Identity, path string) lptest.Page {
			b := o.browsers[who.ID]
			form := b.Get("/accounts").Hidden()
			form.Set("password", lptest.Password)
			return b.Post(path, form)
		}
		if page := o.browsers[o.admin.ID].Get("/oauth/applications"); strings.Contains(page.Body, app.ID.String()) {
			t.Error("an admin is offered an app whose owner is there")
		}
		o.remove(t, o.owner)
		if got := post(o.owner, path+"/delete").Status; got != http.StatusNotFound {
			t.Errorf("the owner who left deletes the app: %d, want 404", got)
		}
		for _, who := range []core.Identity{o.member, o.left, o.stranger, o.owner} {
			if got := post(who, path+"/take-over").Status; got != http.StatusNotFound {
				t.Errorf("somebody who does not run the account takes over: %d, want 404", got)
			}
		}
		if page := o.browsers[o.admin.ID].Get("/oauth/applications"); !strings.Contains(page.Body, path+"/take-over") {
			t.Error("an admin is not offered the app that was left behind")
		}
		if page := post(o.admin, path+"/take-over"); page.Status != http.StatusOK || page.URL.Path != path {
			t.Errorf("the admin takes over: %d %s", page.Status, page.URL)
		}
		if got := post(o.admin, path+"/take-over").Status; got != http.StatusNotFound {
			t.Errorf("take over twice: %d, want 404", got)
		}
		o.add(t, o.owner, core.RoleOwner)
		if got := o.browsers[o.owner.ID].Get(path).Status; got != http.StatusNotFound {
			t.Errorf("the former owner comes back: %d, want 404", got)
		}
	})
}

// AD05: handing over and leaving, as people do it: the old owner stays on the team until he leaves.
func TestAnAppIsHandedOver(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		o := openOffice(t, s)
		app := o.newApp(t, lptest.Redirect)
		path := "/oauth/applications/" + app.ID.String()
		post := func(who core.Identity, act, password string) lptest.Page {
			s.Clock.Advance(time.Second)
			b := o.browsers[who.ID]
			form := b.Get("/accounts").Hidden()
			form.Set("password", password)
			return b.Post(path+act, form)
		}
		for _, c := range []struct {
			what          string
			who           core.Identity
			act, password string
			want          int
		}{
			{"to a colleague who is not on the team", o.owner, "/team/" + o.admin.ID.String() + "/hand-over", lptest.Password, 404},
			{"to oneself", o.owner, "/team/" + o.owner.ID.String() + "/hand-over", lptest.Password, 404},
			{"with a wrong password", o.owner, "/team/" + o.member.ID.String() + "/hand-over", "wrong", 422},
			{"to a member of the team", o.owner, "/team/" + o.member.ID.String() + "/hand-over", lptest.Password, 200},
			{"and again, by who was the owner", o.owner, "/team/" + o.seat.ID.String() + "/hand-over", lptest.Password, 403},
			{"the owner leaves her own team", o.member, "/team/" + o.member.ID.String() + "/remove", "", 404},
			{"who was the owner leaves the team", o.owner, "/team/" + o.owner.ID.String() + "/remove", "", 200},
			{"and sees the app no more", o.owner, "/secrets", "", 404},
		} {
			if page := post(c.who, c.act, c.password); page.Status != c.want {
				t.Errorf("%s: %d, want %d", c.what, page.Status, c.want)
			}
		}
	})
}

// AD02: an account's page leads to an app whoever may open it, and nobody else.
func TestAnAccountsPageLeadsBuildersToTheirApps(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		o := openOffice(t, s)
		address := "/oauth/applications/" + o.newApp(t, lptest.Redirect).ID.String()
		for what, who := range map[string]core.Identity{"owner": o.owner, "team member": o.member, "admin of the account": o.admin} {
			b := o.browsers[who.ID]
			leads := strings.Contains(b.Get("/accounts/"+o.First.Slug).Body, `href="`+address+`"`)
			if opens := b.Get(address).Status == http.StatusOK; leads != opens {
				t.Errorf("%s: the page leads there: %v; the app opens: %v", what, leads, opens)
			}
		}
	})
}
