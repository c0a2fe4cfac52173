package conformance

import (
	"database/sql"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/importer"
	"launchpad/internal/lptest"
	"launchpad/internal/secret"
)

// A column that names a person is in that person's export, or here is said why it is not.

// naming are the columns that name people: for those in the export, what of the row stands there; for the others, the reason.
var naming = map[string]struct{ shows, why string }{
	"identities.email":                   {shows: "email"},
	"memberships.identity_id":            {shows: "account_id"},
	"sessions.identity_id":               {shows: "id"},
	"grants.identity_id":                 {shows: "id"},
	"authorizations.identity_id":         {shows: "id"},
	"personal_tokens.identity_id":        {shows: "id"},
	"apps.owner_id":                      {shows: "client_id"}, // what was left behind with an account is the account's
	"app_members.identity_id":            {shows: "(SELECT p.client_id FROM apps p WHERE p.id = app_id)"},
	"invitations.invited_by":             {shows: "id"},
	"invitations.accepted_by":            {shows: "id"},
	"invitations.email":                  {shows: "id"},
	"events.actor_id":                    {shows: "kind"},
	"events.identity_id":                 {shows: "kind"},
	"imported_rows.id":                   {shows: "source"},
	"goose_lock.locked_by":               {why: "a process, while it changes the tables of PostgreSQL"},
	"app_secrets.made_by":                {why: "the secret is the app's; that somebody made it is in their history"},
	"imported_access_tokens.identity_id": {why: "the token stands on a grant, which is there"},
}

// byName finds columns that name somebody by what they are called, and byHand those that do so under another name.
var (
	byName = regexp.MustCompile(`(^|_)(identity|owner|actor|person|user|developer|member|email|mail)(_id)?$|_by$`)
	byHand = []string{"imported_rows.id"}
)

func TestSE18_EveryColumnThatNamesAPersonIsInTheExport(t *testing.T) {
	lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
		who, b := holder(t, s)
		export := b.Get("/account/data.json").Body
		db := database(t, s)
		columns := namesPeople(t, db, s)
		if len(columns) < len(naming)-2 {
			t.Errorf("only %d columns were found: %v", len(columns), columns)
		}
		for _, name := range columns {
			known, listed := naming[name]
			if !listed {
				t.Errorf("%s names people: show it in the export, or say here why not", name)
			}
			if !listed || known.why != "" {
				continue
			}
			table, field, _ := strings.Cut(name, ".")
			value := who.ID.String()
			if field == "email" {
				value = who.Email
			}
			rows := column(t, db, `SELECT DISTINCT `+known.shows+` FROM `+table+` WHERE `+field+` = '`+value+`'`)
			if len(rows) == 0 {
				t.Errorf("%s names nobody: this test would prove nothing", name)
			}
			for _, row := range rows {
				if !strings.Contains(export, row) {
					t.Errorf("%s: the export lacks %s", name, row)
				}
			}
		}
	})
}

// holder is somebody whom each of these columns names, by what lives and by what is over.
func holder(t *testing.T, s *lptest.Server) (core.Identity, *lptest.Browser) {
	t.Helper()
	const email = "holder@example.com"
	ctx, now := t.Context(), s.Clock.Now()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	invite(t, s, core.Account{}, email)
	accepted, _ := secret.OpenHandle(secret.Invitation, invite(t, s, s.Second, email))
	who, b, _ := deletable(t, s, email)
	must(s.Store.AcceptInvitation(ctx, accepted, who, now))
	bring(t, s, importer.Source{People: slice(importer.Person{Row: row("4711"), Email: email})}, existing)
	must(s.Store.JoinTeam(ctx, s.Web.ID, s.Person.ID, who.ID, now))

	own := core.Account{ID: secret.NewID(now), Slug: "holders-own", Name: "Holder's own", CreatedAt: now}
	must(s.Store.CreateAccount(ctx, own, who.ID))
	seat, err := s.Store.Membership(ctx, who.ID, own.Slug)
	must(err)
	must(s.Store.RegisterApp(ctx, seat, core.App{ID: secret.NewID(now), ClientID: "app_holder", Name: "Held", Kind: core.KindNative, Profile: core.ProfileOAuth2, TokenFormat: core.FormatSealed,
		RedirectURIs: []string{lptest.Redirect}, Publisher: own, OwnerID: who.ID, CreatedAt: now}))
	must(s.Store.InviteInto(ctx, seat, core.Invitation{ID: secret.NewID(now), Digest: "x", Account: own, Role: core.RoleMember, Email: "friend@example.com", InvitedBy: who.ID, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}))

	s.Redeem(s.Public, b.Authorize(s.Public.Request(), lptest.Choice{}).Param("code"))
	over, err := s.Store.Grant(ctx, who.ID, s.Public.ID)
	must(err)
	must(s.Store.RevokeGrant(ctx, over.ID, who.ID, now))
	token := core.PersonalToken{ID: secret.NewID(now), IdentityID: who.ID, Name: "Over", Reach: core.Reach{All: true}, CreatedAt: now}
	must(s.Store.CreatePersonalToken(ctx, token))
	must(s.Store.RevokePersonalToken(ctx, token.ID, who.ID, now))
	return who, b
}

// namesPeople lists the columns of all tables that name people: by their names, by hand, and by their keys.
func namesPeople(t *testing.T, db *sql.DB, s *lptest.Server) (found []string) {
	t.Helper()
	query := `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'`
	if engine, _ := s.Database(); engine == "sqlite" {
		query = `SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'`
		found = column(t, db, `SELECT m.name || '.' || k."from" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) k WHERE m.type = 'table' AND k."table" = 'identities'`)
	}
	for _, name := range column(t, db, query) {
		_, field, _ := strings.Cut(name, ".")
		if byName.MatchString(field) || slices.Contains(byHand, name) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
