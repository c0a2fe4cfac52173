package cli

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

// runImport runs an import command and gives what it printed.
func runImport(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	command := importCommand()
	command.SilenceErrors, command.SilenceUsage = true, true
	command.SetOut(&out)
	command.SetArgs(args)
	if err := command.ExecuteContext(t.Context()); err != nil {
		t.Fatalf("import %s: %v", args, err)
	}
	return out.String()
}

// Apps of a Doorkeeper were written to a server that asked for less than OAuth 2.0 does today: they come with the profile
// that understands it, and the report says so, and how they leave it.
func TestTheProfileOfWhatComes(t *testing.T) {
	files := t.TempDir()
	old := filepath.Join(files, "old.db")
	db, err := sql.Open("sqlite", old)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{
		`CREATE TABLE oauth_applications (id INTEGER, uid TEXT, name TEXT, secret TEXT, redirect_uri TEXT)`,
		`CREATE TABLE oauth_access_tokens (id INTEGER, token TEXT)`,
		`INSERT INTO oauth_applications VALUES (1, 'moved', 'Moved', 'chosen', 'https://a.example/')`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	list := filepath.Join(files, "apps.csv")
	if err := os.WriteFile(list, []byte("client_id,client_secret,redirect_uris\nmoved,chosen,https://a.example/\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want core.Profile
	}{
		{[]string{"doorkeeper", "sqlite:" + old, "--scope", "="}, core.ProfileDraft5},
		{[]string{"doorkeeper", "sqlite:" + old, "--scope", "=", "--profile", "oauth2"}, core.ProfileOAuth2},
		{[]string{"csv", "--apps-csv", list}, core.ProfileOAuth2},
		{[]string{"csv", "--apps-csv", list, "--profile", "draft5"}, core.ProfileDraft5},
	} {
		data, _ := counted(t)
		report := filepath.Join(data, "report.json")
		said := runImport(t, append(c.args, "--data", data, "--account", "anns", "--owner", "ann@example.com", "--report", report)...)
		s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(data, "launchpad.db"), core.SystemClock{})
		if err != nil {
			t.Fatal(err)
		}
		app, err := s.AppByClientID(t.Context(), "moved")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		written, _ := os.ReadFile(report)
		if err != nil || app.Profile != c.want || !strings.Contains(said, "profile "+string(c.want)) || !strings.Contains(string(written), `"profile":"`+string(c.want)+`"`) {
			t.Errorf("%s: the profile is %q, %v\n%s\n%s", c.args, app.Profile, err, said, written)
		}
		require := regexp.MustCompile(`policy dry-run --require (\S+)`).FindStringSubmatch(said)
		if (require != nil) != (c.want == core.ProfileDraft5) {
			t.Errorf("%s: how the apps leave the profile is told: %v", c.args, require)
		}
		if require != nil {
			if said, err := runPolicy(t, "dry-run", "--require", require[1], "--data", data); err != nil && !strings.Contains(said, "Reports") {
				t.Errorf("the command that is named: %v\n%s", err, said)
			}
		}
	}
}
