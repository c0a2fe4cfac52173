package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"launchpad/internal/apps"
	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/internal/store"
)

// runPolicy runs a policy command and gives what it printed.
func runPolicy(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	command := policyCommand()
	command.SilenceErrors, command.SilenceUsage = true, true
	command.SetOut(&out)
	command.SetArgs(args)
	err := command.ExecuteContext(t.Context())
	return out.String(), err
}

// counted makes a database in which an app went two old ways, and gives its directory and the app.
func counted(t *testing.T) (data string, app core.App) {
	t.Helper()
	ctx, clock := context.Background(), core.SystemClock{}
	data = t.TempDir()
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(data, "launchpad.db"), clock)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := clock.Now()
	ann, company := core.Identity{ID: secret.NewID(now), Email: "ann@example.com", Name: "Ann", CreatedAt: now}, core.Account{ID: secret.NewID(now), Slug: "anns", Name: "Ann's", CreatedAt: now}
	if err := s.CreateOperator(ctx, ann, company); err != nil {
		t.Fatal(err)
	}
	app, _, err = apps.NewActs(s, clock, nil).Register(ctx, ann, apps.Draft{Name: "Reports", Kind: core.KindWeb, PublisherID: company.ID, RedirectURIs: []string{"https://a.example/cb"}})
	if err != nil {
		t.Fatal(err)
	}
	used := func(way core.OldWay, daysAgo int, count int64) core.OldUse {
		at := now.AddDate(0, 0, -daysAgo)
		return core.OldUse{AppID: app.ID, Way: way, Day: core.DayOf(at), Count: count, LastAt: at}
	}
	if err := s.AddOldUses(ctx, []core.OldUse{used(core.OldNoPKCE, 0, 3), used(core.OldNoPKCE, 20, 4), used(core.OldDraft5, 20, 5), used(core.OldNoState, 35, 6)}); err != nil {
		t.Fatal(err)
	}
	return data, app
}

func TestPolicyReport(t *testing.T) {
	data, app := counted(t)
	out, err := runPolicy(t, "report", "--data", data)
	if err != nil || !strings.Contains(out, "Reports ("+app.ClientID+")") || !strings.Contains(out, "no_pkce") {
		t.Errorf("%v\n%s", err, out)
	}
	out, err = runPolicy(t, "report", "--data", data, "--output", "json")
	var ways []reportedWay
	if err != nil || json.Unmarshal([]byte(out), &ways) != nil || len(ways) != len(core.OldWays) {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, way := range ways {
		want := map[core.OldWay]string{core.OldNoPKCE: "3 3 7 1", core.OldDraft5: "0 0 5 1"}[way.Way]
		if want == "" {
			want = "0 0 0 0"
		}
		if got := fmt.Sprint(way.Today, way.Week, way.Month, len(way.Apps)); got != want {
			t.Errorf("%s: %s, want %s", way.Way, got, want)
		}
		if used := way.LastUsed != nil; used != (way.Way == core.OldNoPKCE || way.Way == core.OldDraft5 || way.Way == core.OldNoState) {
			t.Errorf("%s: last used %v", way.Way, way.LastUsed)
		}
	}
}

func TestPolicyDryRun(t *testing.T) {
	data, app := counted(t)
	for _, c := range []struct {
		args   string
		status int
		ways   int // of the app, in the answer
	}{
		{"--require pkce", 3, 1},
		{"--require pkce,no-draft5", 3, 2},
		{"--require no-draft5 --days 7", 0, 0},
		{"--require state", 0, 0},
		{"--require state --days 40", 3, 1},
		{"--require no-implicit", 0, 0},
		{"--require no-quarter", 1, 0},
		{"--require pkce --days 41", 1, 0},
		{"--require pkce --days 0", 1, 0},
		{"", 1, 0},
	} {
		out, err := runPolicy(t, append([]string{"dry-run", "--data", data, "--output", "json"}, strings.Fields(c.args)...)...)
		if got := status(err); got != c.status {
			t.Errorf("%s: status %d (%v), want %d", c.args, got, err, c.status)
		}
		if c.status == 1 {
			continue
		}
		var broken []brokenApp
		if err := json.Unmarshal([]byte(out), &broken); err != nil {
			t.Fatalf("%s: %v\n%s", c.args, err, out)
		}
		if named := len(broken) == 1 && broken[0].ClientID == app.ClientID && len(broken[0].Ways) == c.ways; named != (c.ways > 0) {
			t.Errorf("%s: %+v, want %d ways", c.args, broken, c.ways)
		}
	}
	if out, err := runPolicy(t, "dry-run", "--require", "pkce", "--data", data); !strings.Contains(out, app.ClientID) || err == nil || err.Error() != "1 app would break" {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := runPolicy(t, "dry-run", "--require", "no-quarter", "--data", data); err == nil || !strings.Contains(err.Error(), "no-query-tokens") {
		t.Errorf("an unknown requirement: %v", err)
	}
	if _, err := runPolicy(t, "report", "--data", t.TempDir()); err == nil || !strings.Contains(err.Error(), "there is no database") {
		t.Errorf("an empty directory: %v", err)
	}
}

func TestTheStatusIsThatOfTheAnswer(t *testing.T) {
	for want, err := range map[int]error{0: nil, 1: errors.New("broken"), 3: errors.Join(wouldBreak(2), nil)} {
		if got := status(err); got != want {
			t.Errorf("%v: status %d, want %d", err, got, want)
		}
	}
}
