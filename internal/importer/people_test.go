package importer

import (
	"slices"
	"strings"
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/secret"
)

// LG13: whoever signed up here with somebody else's address, which nobody has checked, must not be who comes with it.
func TestNobodyComesToBeWhoSignedUpHere(t *testing.T) {
	s, o := here(t)
	now := core.SystemClock{}.Now()
	squatter := core.Identity{ID: secret.NewID(now), Email: "ann@example.com", Name: "Not Ann", PasswordHash: "x", CreatedAt: now}
	if err := s.CreateIdentity(t.Context(), squatter); err != nil {
		t.Fatal(err)
	}
	company := func() Source {
		people, members := PeopleCSV(write(t, "people.csv", "id,email,name,accounts\n1,Ann@example.com,Ann,bakery:owner\n"))
		return Source{People: people, Members: members}
	}
	counts, lines := runs(t, s, o, company())
	if counts["people"].New != 0 || counts["memberships"].New != 0 || !strings.Contains(lines[0].Reason, "--existing") {
		t.Errorf("%+v\n%+v", counts, lines)
	}
	o.Existing = true
	if counts, lines := runs(t, s, o, company()); counts["people"].New != 1 || counts["memberships"].New != 1 {
		t.Errorf("told that they are the same: %+v\n%+v", counts, lines)
	}
	// Another source of the same company finds those who came with the first.
	o.Existing, o.Name = false, "other"
	if counts, lines := runs(t, s, o, company()); counts["people"].New != 1 {
		t.Errorf("from another source: %+v\n%+v", counts, lines)
	}
}

// Two people of a source with one address would be one here, with the rights of both and the password of either.
func TestTwoPeopleDoNotBecomeOne(t *testing.T) {
	s, o := here(t)
	for run, text := range []string{"1,ann@example.com,bakery:owner\n2,ANN@example.com,cinema\n", "1,ann@example.com,\n3,ann@example.com,bakery\n"} {
		people, members := PeopleCSV(write(t, "people.csv", "id,email,accounts\n"+text))
		counts, lines := runs(t, s, o, Source{People: people, Members: members})
		refused := slices.ContainsFunc(lines, func(l Line) bool {
			return l.Kind == kindPerson && !l.Brought && strings.Contains(l.Reason, "another person")
		})
		if counts["people"].New+counts["people"].Here != 1 || counts["people"].NotBrought != 1 || !refused {
			t.Errorf("run %d: %+v\n%+v", run, counts, lines)
		}
	}
}

// A secret that somebody chose may have any sign in it, also the one that hashes begin with.
func TestChosenSecretsAreNoHashes(t *testing.T) {
	for text, want := range map[string]bool{"pa$$word": true, "$ecret": false, "$2a$04$TD9vRs5pzzUqiOTmqoXIeORa8BGOuOHLv6F6NrJUFrTmV3jbonPAC": true} {
		if _, note, ok := appSecret(Stored{Text: text}); ok != want {
			t.Errorf("%s: %t, %s", text, ok, note)
		}
	}
}

// Without the server's configuration there is no scope, and tokens that come without any stay so for good.
func TestTokensDoNotComeWithoutScopesByMistake(t *testing.T) {
	dsn := engines(t)["sqlite"]
	old(t, "sqlite", dsn, doorkeeperTables...)
	s, o := here(t)
	o.Published, o.Scopes = nil, nil
	source, closer, err := Doorkeeper(t.Context(), dsn, queries)
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	err = New(s, core.SystemClock{}, o, NewReport(nil)).Run(t.Context(), source)
	if err == nil || !strings.Contains(err.Error(), "--config") {
		t.Errorf("refused: %v", err)
	}
	if some, err := s.HoldsImportedTokens(t.Context()); some || err != nil {
		t.Errorf("something came: %t, %v", some, err)
	}
	o.Scopes = map[string]string{"": ""}
	if counts, lines := brings(t, s, o, dsn, queries); counts["tokens"].New == 0 {
		t.Errorf("told that it is meant: %+v\n%+v", counts, lines)
	}
}
