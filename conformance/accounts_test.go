package conformance

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/lptest"
	"launchpad/internal/policy"
	"launchpad/internal/secret"
)

// person adds somebody, in the first account if a role is given.
func person(t *testing.T, s *lptest.Server, name string, role core.Role) core.Identity {
	t.Helper()
	who := s.NewPerson(name+"@example.com", false)
	if role != "" {
		join(t, s, who, s.First, role)
	}
	return who
}

func join(t *testing.T, s *lptest.Server, who core.Identity, account core.Account, role core.Role) {
	t.Helper()
	if err := s.Store.AddMember(t.Context(), who.ID, account.ID, role, s.Person.ID, s.Clock.Now()); err != nil {
		t.Fatal(err)
	}
}

func roleOf(t *testing.T, s *lptest.Server, who core.Identity, account core.Account) core.Role {
	t.Helper()
	m, err := s.Store.Member(t.Context(), account.ID, who.ID)
	if err != nil {
		return ""
	}
	return m.Role
}

func home(a core.Account) string { return "/accounts/" + a.Slug }

// csrf gives the token of a browser in a form.
func csrf(b *lptest.Browser, pairs ...string) url.Values {
	form := lptest.Form(pairs...)
	form.Set("csrf", b.Get("/accounts").Hidden().Get("csrf"))
	return form
}

var invitationLink = regexp.MustCompile(`/invitations\?code=(lp_iv_\w+)`)

// invited makes an invitation into the first account through the pages and gives its code.
func invited(t *testing.T, s *lptest.Server, by core.Identity, email string, role core.Role) string {
	t.Helper()
	b := s.SignedIn(by.Email)
	form := b.Get(home(s.First) + "/invitations/new").Hidden()
	form.Set("email", email)
	form.Set("role", string(role))
	page := b.Post(home(s.First)+"/invitations", form)
	found := invitationLink.FindStringSubmatch(page.Body)
	if page.Status != http.StatusCreated || found == nil {
		t.Fatalf("invite %s: %d\n%s", email, page.Status, page.Body)
	}
	if again := b.Post(home(s.First)+"/invitations", form); strings.Contains(again.Body, "lp_iv_") || !strings.Contains(again.Body, "was made already") {
		t.Errorf("the same form again: %d, must not show the link", again.Status)
	}
	return found[1]
}

func accept(s *lptest.Server, who core.Identity, code string) lptest.Page {
	b := s.SignedIn(who.Email)
	return b.Post("/invitations", csrf(b, "code", code))
}

// AD05: the whole round: invited, joined, made an admin, renamed, handed over, left.
func TestAnAccountsRound(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		ben := person(t, s, "ben", "")
		code := invited(t, s, s.Person, "Ben@Example.com ", core.RoleMember)
		b := s.SignedIn(ben.Email)
		page := b.Get("/invitations?code=" + code)
		for _, want := range []string{s.First.Name, "Member", s.Person.Name} {
			if !strings.Contains(page.Body, want) {
				t.Errorf("the invitation does not say %q:\n%s", want, page.Body)
			}
		}
		joined := b.Post("/invitations", page.Hidden())
		if joined.URL.Path != home(s.First) || !strings.Contains(joined.Body, "Welcome") || !strings.Contains(joined.Body, s.Person.Email) {
			t.Fatalf("join: %d %s\n%s", joined.Status, joined.URL, joined.Body)
		}
		if strings.Contains(joined.Body, "Invite somebody") || strings.Contains(joined.Body, "/members/") {
			t.Error("a member is offered what members may not do")
		}

		owner := s.SignedIn(s.Person.Email)
		row := home(s.First) + "/members/" + ben.ID.String()
		if page := owner.Post(row+"/role", csrf(owner, "role", "admin")); !strings.Contains(page.Body, "is changed") {
			t.Errorf("change role: %d\n%s", page.Status, page.Body)
		}
		if page := b.Post(home(s.First)+"/name", csrf(b, "account_name", "Sample Bakeries")); !strings.Contains(page.Body, "Sample Bakeries") {
			t.Errorf("rename: %d", page.Status)
		}
		if page := owner.Post(home(s.First)+"/leave", csrf(owner)); page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Body, "only owner") {
			t.Errorf("the last owner leaves: %d", page.Status)
		}
		form := csrf(owner, "member", ben.ID.String(), "password", "wrong")
		if page := owner.Post(home(s.First)+"/owner", form); page.Status != http.StatusUnprocessableEntity {
			t.Errorf("hand over by a wrong password: %d", page.Status)
		}
		form.Set("password", lptest.Password)
		owner.Post(home(s.First)+"/owner", form)
		if a, c := roleOf(t, s, s.Person, s.First), roleOf(t, s, ben, s.First); a != core.RoleAdmin || c != core.RoleOwner {
			t.Fatalf("handed over: they are %s and %s", a, c)
		}
		if page := owner.Post(home(s.First)+"/leave", csrf(owner)); page.URL.Path != "/accounts" || strings.Contains(page.Body, "Sample Bakeries") {
			t.Errorf("leave: %d %s", page.Status, page.URL)
		}
	})
}

// AT10, AD08: A person who is removed loses the account in every token at once.
func TestRemovalEndsTheReachOfGrants(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		ben := person(t, s, "ben", core.RoleMember)
		b := s.SignedIn(ben.Email)
		tokens := s.Redeem(s.Web, b.Authorize(s.Web.Request(), lptest.Choice{}).Param("code"))
		wantStatus(t, tokens, 200)
		wantStatus(t, s.Call(tokens.Text("access_token")), 200)
		owner := s.SignedIn(s.Person.Email)
		owner.Post(home(s.First)+"/members/"+ben.ID.String()+"/remove", csrf(owner))
		wantStatus(t, s.Call(tokens.Text("access_token")), 403)
		if page := b.Get(home(s.First)); page.Status != 404 {
			t.Errorf("the account after the removal: %d, want 404", page.Status)
		}
	})
}

// AD05: an admin is not an owner, by no way round.
func TestAdminsDoNotTouchOwners(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		ben, cara := person(t, s, "ben", core.RoleAdmin), person(t, s, "cara", core.RoleMember)
		code := invited(t, s, s.Person, "dora@example.com", core.RoleOwner)
		id, _ := secret.OpenHandle(secret.Invitation, code)
		b := s.SignedIn(ben.Email)
		members := home(s.First) + "/members/"
		for path, form := range map[string]url.Values{
			home(s.First) + "/invitations":                              csrf(b, "email", "eve@example.com", "role", "owner"),
			home(s.First) + "/invitations/" + id.String() + "/withdraw": csrf(b),
			members + cara.ID.String() + "/role":                        csrf(b, "role", "owner"),
			members + ben.ID.String() + "/role":                         csrf(b, "role", "owner"),
			members + s.Person.ID.String() + "/role":                    csrf(b, "role", "member"),
			members + s.Person.ID.String() + "/remove":                  csrf(b),
			home(s.First) + "/owner":                                    csrf(b, "member", ben.ID.String(), "password", lptest.Password),
			home(s.First) + "/close":                                    csrf(b, "password", lptest.Password),
		} {
			page := b.Post(path, form)
			if page.Status != http.StatusForbidden || !strings.Contains(page.Body, "is admin, and only owners may") {
				t.Errorf("%s: %d, want 403 and why\n%s", path, page.Status, page.Body)
			}
		}
		for who, want := range map[core.ID]core.Role{s.Person.ID: core.RoleOwner, ben.ID: core.RoleAdmin, cara.ID: core.RoleMember} {
			if m, err := s.Store.Member(t.Context(), s.First.ID, who); err != nil || m.Role != want {
				t.Errorf("%s is %s now, want %s (%v)", who, m.Role, want, err)
			}
		}
		if page := b.Post(members+cara.ID.String()+"/role", csrf(b, "role", "king")); page.Status != http.StatusUnprocessableEntity {
			t.Errorf("a role that does not exist: %d, want 422", page.Status)
		}
	})
}

// LG15: a link lets in the person who was invited, once, in time; and everybody else learns one and the same nothing.
func TestInvitationsAreNotForOthers(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		ben, mallory := person(t, s, "ben", ""), person(t, s, "mallory", "")
		admin := person(t, s, "admin", core.RoleAdmin)
		code := invited(t, s, s.Person, ben.Email, core.RoleMember)

		seen := s.SignedIn(mallory.Email).Get("/invitations?code=" + code)
		if seen.Status != 200 || strings.Contains(seen.Body, ben.Email) || strings.Contains(seen.Body, `action="/invitations"`) || !strings.Contains(seen.Body, "another e-mail address") {
			t.Errorf("seen by another address: %d\n%s", seen.Status, seen.Body)
		}
		if page := accept(s, mallory, code); page.Status != http.StatusConflict || roleOf(t, s, mallory, s.First) != "" {
			t.Errorf("accepted by another address: %d", page.Status)
		}
		nobody := s.Browser().Get("/invitations?code=" + code)
		if nobody.Status != 200 || strings.Contains(nobody.Body, ben.Email) || !strings.Contains(nobody.Body, "/signin?return_to=%2finvitations%3fcode%3d"+code) {
			t.Errorf("seen by nobody: %d\n%s", nobody.Status, nobody.Body)
		}
		if page := accept(s, ben, code); roleOf(t, s, ben, s.First) != core.RoleMember {
			t.Fatalf("accepted by the person: %d\n%s", page.Status, page.Body)
		}

		late := invited(t, s, s.Person, "late@example.com", core.RoleMember)
		withdrawn := invited(t, s, s.Person, "withdrawn@example.com", core.RoleMember)
		id, _ := secret.OpenHandle(secret.Invitation, withdrawn)
		owner := s.SignedIn(s.Person.Email)
		owner.Post(home(s.First)+"/invitations/"+id.String()+"/withdraw", csrf(owner))
		byAdmin := invited(t, s, admin, "cara@example.com", core.RoleMember)
		owner.Post(home(s.First)+"/members/"+admin.ID.String()+"/remove", csrf(owner))
		forged := secret.NewHandle(secret.Invitation, id).Reveal() // of a row that exists
		for name, c := range map[string]string{
			"used": code, "withdrawn": withdrawn, "by somebody who was removed": byAdmin, "forged": forged, "cut off": code[:len(code)-1], "empty": "", "of another kind": secret.New(secret.AppSecret).Reveal(), "zero byte": "%00",
		} {
			for _, b := range []*lptest.Browser{s.Browser(), s.SignedIn(mallory.Email)} {
				if page := b.Get("/invitations?code=" + c); page.Status != 404 || !strings.Contains(page.Body, "lets nobody in") {
					t.Errorf("%s: %d, want the page that says that it is over", name, page.Status)
				}
			}
			if page := accept(s, mallory, strings.Trim(c, "%")); page.Status != 404 || roleOf(t, s, mallory, s.First) != "" {
				t.Errorf("%s, accepted: %d, want 404", name, page.Status)
			}
		}
		if page := s.SignedIn(ben.Email).Get("/invitations?code=" + code); page.URL.Path != home(s.First) {
			t.Errorf("used, by who used it: %s, want the account", page.URL)
		}
		s.Clock.Advance(7 * 24 * time.Hour)
		if page := s.Browser().Get("/invitations?code=" + late); page.Status != 404 {
			t.Errorf("late: %d, want 404", page.Status)
		}
		for _, c := range []string{code, late, withdrawn, byAdmin, forged} {
			if strings.Contains(s.Log.String(), c) {
				t.Error("a code is in the log")
			}
		}
	})
}

// LG15: the way by the sign-in page: the invitation waits there.
func TestAnInvitationWaitsForTheSignIn(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		ben := person(t, s, "ben", "")
		code := invited(t, s, s.Person, ben.Email, core.RoleAdmin)
		b := s.Browser()
		page := b.SignIn(b.Get("/signin?"+lptest.Form("return_to", "/invitations?code="+code).Encode()), ben.Email, lptest.Password)
		if page.URL.Path != "/invitations" || !strings.Contains(page.Body, `action="/invitations"`) {
			t.Fatalf("after signing in: %s\n%s", page.URL, page.Body)
		}
		if got := page.Header.Get("Referrer-Policy"); got != "same-origin" {
			t.Errorf("Referrer-Policy %q: another site could learn the code", got)
		}
		b.Post("/invitations", page.Hidden())
		if got := roleOf(t, s, ben, s.First); got != core.RoleAdmin {
			t.Errorf("joined as %q, want admin", got)
		}
	})
}

// AD08: closing shuts the account for people and apps; an operator opens it again, and nobody else.
func TestClosingAndReopeningAnAccount(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		ben := person(t, s, "ben", core.RoleOwner)
		tokens := s.Tokens(s.Web)
		operator := s.SignedIn(s.Person.Email)
		operator.Post(home(s.First)+"/leave", csrf(operator)) // the operator is a stranger from here on
		b := s.SignedIn(ben.Email)
		if page := b.Post(home(s.First)+"/close", csrf(b, "password", "wrong")); page.Status != http.StatusUnprocessableEntity {
			t.Fatalf("by a wrong password: %d, want 422", page.Status)
		}
		if page := operator.Get(home(s.First)); page.Status != 404 {
			t.Errorf("an operator in an open account of others: %d, want 404", page.Status)
		}
		if page := b.Post(home(s.First)+"/close", csrf(b, "password", lptest.Password)); !strings.Contains(page.Body, "is closed") {
			t.Fatalf("close: %d\n%s", page.Status, page.Body)
		}
		wantError(t, s.Refresh(s.Web, tokens.Text("refresh_token")), 401, "invalid_client")
		if page := b.Get(home(s.First) + "/invitations/new"); strings.Contains(page.Body, "Make the link") {
			t.Error("a closed account still offers acts")
		}
		for path, want := range map[string]int{"/name": 403, "/invitations": 403, "/leave": 403, "/reopen": 404} {
			if page := b.Post(home(s.First)+path, csrf(b, "account_name", "x", "email", "x@example.com", "role", "member")); page.Status != want {
				t.Errorf("%s in a closed account: %d, want %d", path, page.Status, want)
			}
		}
		if page := operator.Get(home(s.First)); page.Status != 200 || strings.Contains(page.Body, ben.Email) {
			t.Errorf("an operator at a closed account: %d, must see how to open it and no member", page.Status)
		}
		if page := operator.Post(home(s.First)+"/reopen", csrf(operator)); page.Status != 200 {
			t.Errorf("reopen: %d", page.Status)
		}
		if page := b.Get(home(s.First)); !strings.Contains(page.Body, ben.Email) {
			t.Errorf("after it was opened again: %d", page.Status)
		}
		wantStatus(t, s.Refresh(s.Web, tokens.Text("refresh_token")), 200)
	})
}

// insideRoutes says of every route in an account which act a role must allow. A new route without an entry fails.
var insideRoutes = map[string]policy.Act{
	"GET /accounts/{account}":                                    policy.SeeMembers,
	"GET /accounts/{account}/settings":                           policy.SeeMembers,
	"GET /accounts/{account}/members/{member}":                   policy.SeeMembers,
	"POST /accounts/{account}/name":                              policy.RenameAccount,
	"POST /accounts/{account}/members/{member}/role":             policy.ChangeRoles,
	"POST /accounts/{account}/members/{member}/remove":           policy.RemoveMembers,
	"GET /accounts/{account}/invitations/new":                    policy.Invite,
	"POST /accounts/{account}/invitations":                       policy.Invite,
	"POST /accounts/{account}/invitations/{invitation}/withdraw": policy.Invite,
	"GET /accounts/{account}/leave":                              policy.Leave,
	"POST /accounts/{account}/leave":                             policy.Leave,
	"GET /accounts/{account}/owner":                              policy.AppointOwners,
	"POST /accounts/{account}/owner":                             policy.AppointOwners,
	"GET /accounts/{account}/close":                              policy.SuspendAccount,
	"POST /accounts/{account}/close":                             policy.SuspendAccount,
	"POST /accounts/{account}/reopen":                            "open a closed account", // operators only: no role may
}

// outsideRoutes are those of the room that lie in no account.
var outsideRoutes = []string{"GET /accounts", "POST /accounts", "GET /invitations", "POST /invitations"}

// AD02: every route × every role × the own and another account, what is expected taken from the policy. No stranger
// reads or changes anything: the other account's canaries are on no page.
func TestEveryRouteInAnAccountByEveryRole(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		// The first account is that of the actors; the second has a canary in each place.
		victim := s.NewPerson("canary-member@example.com", false)
		join(t, s, victim, s.Second, core.RoleMember)
		open := func(account core.Account, email string) core.Invitation {
			id := secret.NewID(s.Clock.Now())
			i := core.Invitation{ID: id, Digest: "d", Role: core.RoleMember, Email: email, InvitedBy: s.Person.ID, CreatedAt: s.Clock.Now(), ExpiresAt: s.Clock.Now().Add(time.Hour)}
			by := core.Membership{IdentityID: s.Person.ID, Account: account, Role: core.RoleOwner}
			if err := s.Store.InviteInto(t.Context(), by, i); err != nil {
				t.Fatal(err)
			}
			return i
		}
		canary := open(s.Second, "canary-invited@example.com")
		// somebody in the first account is whom acts are done to; each act gets a new one.
		somebody := func(name string) core.Identity { return person(t, s, name, core.RoleMember) }
		actors := map[core.Role]*lptest.Browser{}
		for _, role := range policy.Roles {
			actors[role] = s.SignedIn(person(t, s, "actor-"+string(role), role).Email)
		}
		actors[""] = s.SignedIn(person(t, s, "actor-stranger", "").Email)

		n, checked := 0, 0
		for _, route := range s.Routes() {
			name := route.Method + " " + route.Path
			needs, listed := insideRoutes[name]
			if !listed {
				if (strings.HasPrefix(route.Path, "/accounts") || strings.HasPrefix(route.Path, "/invitations")) && !contains(outsideRoutes, name) {
					t.Errorf("%s has no entry in insideRoutes", name)
				}
				continue
			}
			checked++
			for role, b := range actors {
				for _, account := range []core.Account{s.First, s.Second} {
					n++
					target, into := victim, canary
					if account.ID == s.First.ID {
						target, into = somebody("target-"+string(rune('a'+n/26))+string(rune('a'+n%26))), open(s.First, "into-"+string(rune('a'+n/26))+string(rune('a'+n%26))+"@example.com")
					}
					path := strings.NewReplacer("{account}", account.Slug, "{member}", target.ID.String(), "{invitation}", into.ID.String()).Replace(route.Path)
					// The password is wrong: whether the role allows the act is answered before, and what is dangerous is not done.
					page := do(b, route.Method, path, csrf(b, "account_name", "New name", "role", "admin", "email", "new-"+string(rune('a'+n/26))+string(rune('a'+n%26))+"@example.com", "member", target.ID.String(), "password", "wrong"))
					want := http.StatusNotFound
					switch {
					case needs == "open a closed account":
					case role != "" && account.ID == s.First.ID && policy.Can(role, needs):
						want = http.StatusOK
					case role != "" && account.ID == s.First.ID:
						want = http.StatusForbidden
					}
					if want == http.StatusOK && page.Status < 400 || want == http.StatusOK && page.Status == http.StatusUnprocessableEntity && strings.Contains(page.Body, "password-mistake") {
						want = page.Status
					}
					if page.Status != want {
						t.Errorf("%s by %q in %s: %d, want %d", name, role, account.Slug, page.Status, want)
					}
					if strings.Contains(page.Body, "canary") || strings.Contains(page.Body, s.Second.Name) {
						t.Errorf("%s by %q in %s shows the other account", name, role, account.Slug)
					}
					if name == "POST /accounts/{account}/leave" && want < 400 {
						who, _ := s.Store.IdentityByEmail(t.Context(), "actor-"+string(role)+"@example.com")
						join(t, s, who, s.First, role) // back in, for the rest
					}
				}
			}
			if page := do(s.Browser(), route.Method, strings.NewReplacer("{account}", s.First.Slug, "{member}", victim.ID.String(), "{invitation}", canary.ID.String()).Replace(route.Path), nil); page.URL.Path != "/signin" && page.Status != http.StatusForbidden {
				t.Errorf("%s signed out: %d %s", name, page.Status, page.URL)
			}
		}
		if checked != len(insideRoutes) {
			t.Errorf("%d routes found, %d have an entry: remove those that are gone", checked, len(insideRoutes))
		}
		// Another account's things by the own account's address.
		for _, role := range []core.Role{core.RoleOwner, core.RoleAdmin} {
			b := actors[role]
			for _, path := range []string{"/members/" + victim.ID.String() + "/role", "/members/" + victim.ID.String() + "/remove", "/invitations/" + canary.ID.String() + "/withdraw"} {
				if page := b.Post(home(s.First)+path, csrf(b, "role", "admin")); page.Status != http.StatusNotFound || strings.Contains(page.Body, "canary") {
					t.Errorf("%s by %s of another account: %d, want 404", path, role, page.Status)
				}
			}
		}
		if roleOf(t, s, victim, s.Second) != core.RoleMember {
			t.Error("the other account's member was changed")
		}
		if i, err := s.Store.Invitation(t.Context(), canary.ID); err != nil || !i.Open(s.Clock.Now()) {
			t.Errorf("the other account's invitation was changed: %v", err)
		}
		if a, err := s.Store.Account(t.Context(), s.Second.ID); err != nil || a.Name != s.Second.Name || !a.SuspendedAt.IsZero() {
			t.Errorf("the other account was changed: %+v, %v", a, err)
		}
	})
}

func contains(list []string, name string) bool {
	for _, item := range list {
		if item == name {
			return true
		}
	}
	return false
}

func do(b *lptest.Browser, method, path string, form url.Values) lptest.Page {
	if method == http.MethodGet {
		return b.Get(path)
	}
	return b.Post(path, form)
}

// AD06: A stranger's page of an account that exists is the page of one that does not.
func TestStrangersLearnNothingOfAnAccount(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		b := s.SignedIn(person(t, s, "stranger", "").Email)
		trace := regexp.MustCompile(`<code>\w+</code>`)
		plain := func(path string) string {
			page := b.Get(path)
			return http.StatusText(page.Status) + trace.ReplaceAllString(page.Body, "")
		}
		for _, path := range []string{"/accounts/no-such-account", "/accounts/" + s.First.ID.String(), "/accounts/Sample-Bakery", "/accounts/%00"} {
			if plain(home(s.First)) != plain(path) {
				t.Errorf("the answer differs from that of %s", path)
			}
		}
	})
}

// AD05: two who act at once: one looks again, and neither acts by what is no more.
func TestARoleTakenAwayMeanwhile(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		ben := person(t, s, "ben", core.RoleOwner)
		owners := []*lptest.Browser{s.SignedIn(s.Person.Email), s.SignedIn(ben.Email)}
		forms := []url.Values{csrf(owners[0], "role", "member"), csrf(owners[1], "role", "member")}
		others := []core.Identity{ben, s.Person}
		done := make(chan lptest.Page)
		for i := range owners {
			go func() { done <- owners[i].Post(home(s.First)+"/members/"+others[i].ID.String()+"/role", forms[i]) }()
		}
		first, second := <-done, <-done
		a, c := roleOf(t, s, s.Person, s.First), roleOf(t, s, ben, s.First)
		if (a == core.RoleOwner) == (c == core.RoleOwner) {
			t.Errorf("each unmade the other (%d, %d): they are %s and %s, want one owner", first.Status, second.Status, a, c)
		}
	})
}
