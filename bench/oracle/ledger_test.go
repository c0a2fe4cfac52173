package oracle

import (
	"os"
	"path/filepath"
	"testing"

	"launchpad/bench/drive"
)

func testLedger() *ledger {
	var facts drive.Facts
	facts.Apps.Web = drive.App{ClientID: "web", Secret: "secret"}
	l := newLedger(facts)
	l.learn(entry{Act: authorize, Subject: "f", App: "web"}, entry{Phase: ack, Code: "code"})
	l.learn(entry{Act: redeem, Subject: "f", App: "web"}, entry{Phase: ack, Access: "a1", Refresh: "r1"})
	return l
}

func TestUnknownRefreshKeepsTheOldToken(t *testing.T) {
	l := testLedger()
	l.learn(entry{Act: refresh, Subject: "f"}, entry{Phase: unknown})
	f := l.families["f"]
	if f.refresh != "r1" || !f.turning || f.life != live {
		t.Errorf("after an unknown refresh: %q turning=%t %s, want r1 turning=true live", f.refresh, f.turning, f.life)
	}
	l.learn(entry{Act: refresh, Subject: "f"}, entry{Phase: ack, Access: "a2", Refresh: "r2"})
	if f.refresh != "r2" || f.turning || len(f.tokens) != 2 {
		t.Errorf("after the answer: %q turning=%t and %d access tokens, want r2 turning=false and 2", f.refresh, f.turning, len(f.tokens))
	}
}

func TestEndsAreCertainOnlyWhenAcknowledged(t *testing.T) {
	for _, c := range []struct {
		outcome phase
		want    life
	}{{ack, ended}, {unknown, unsure}} {
		l := testLedger()
		l.learn(entry{Act: revokeAccess, Subject: "f", Sent: "a1"}, entry{Phase: c.outcome})
		l.learn(entry{Act: revokeRefresh, Subject: "f", Sent: "r1"}, entry{Phase: c.outcome})
		if got := l.bearers["a1"].life; got != c.want {
			t.Errorf("access token after %s: %s, want %s", c.outcome, got, c.want)
		}
		if got := l.families["f"].life; got != c.want {
			t.Errorf("sign-in after %s: %s, want %s", c.outcome, got, c.want)
		}
	}
}

func TestRefusalIsALossUnlessItWasPossible(t *testing.T) {
	l := testLedger()
	l.learn(entry{Act: redeem, Subject: "f", MayRefuse: true}, entry{Phase: refused})
	if len(l.violations) != 0 {
		t.Errorf("a refusal that was possible is a violation: %v", l.violations)
	}
	l.learn(entry{Act: call, Subject: "f", Sent: "a1"}, entry{Phase: refused, Why: "401"})
	if len(l.violations) != 1 || l.violations[0].kind != Lost {
		t.Errorf("a refused call: %v, want one loss", l.violations)
	}
}

func TestUnknownConsentsAreRememberedBesideTheLastOne(t *testing.T) {
	l := testLedger()
	l.learn(entry{Act: consent, App: "web", Reach: "one"}, entry{Phase: ack})
	l.learn(entry{Act: consent, App: "web", Reach: "two"}, entry{Phase: unknown})
	if c := l.consents["web"]; c.reach != "one" || len(c.maybe) != 1 || c.maybe[0] != "two" {
		t.Errorf("consent is %q or %v, want one or [two]", c.reach, c.maybe)
	}
}

func TestJournalIsReadOnFromWhereItStopped(t *testing.T) {
	dir := t.TempDir()
	j, err := openJournal(dir, "client")
	if err != nil {
		t.Fatal(err)
	}
	defer j.file.Close()
	l := testLedger()
	before := l.acked[issue]
	for n := range 3 {
		token := string(rune('a' + n))
		for _, e := range []entry{{N: n, Phase: intent, Act: issue}, {N: n, Phase: ack, Access: token}} {
			if err := j.write(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.read(dir); err != nil {
			t.Fatal(err)
		}
		if got, want := l.acked[issue]-before, n+1; got != want {
			t.Fatalf("%d acknowledged after request %d, want %d", got, n, want)
		}
	}
}

func TestJournalWithoutItsIntentIsRefused(t *testing.T) {
	dir := t.TempDir()
	text := `{"n":1,"phase":"intent","act":"refresh"}` + "\n" + `{"n":2,"phase":"ack"}` + "\n"
	if err := os.WriteFile(filepath.Join(dir, "client.jsonl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := testLedger().read(dir); err == nil {
		t.Error("an outcome of another request was read without an error")
	}
}

func TestEveryActTeachesAndIsReported(t *testing.T) {
	reported := map[act]bool{}
	for _, a := range everyAct {
		reported[a] = true
		if lessons[a] == nil {
			t.Errorf("act %q is reported but teaches nothing", a)
		}
	}
	for a := range lessons {
		if !reported[a] {
			t.Errorf("act %q is missing from the report", a)
		}
	}
}
