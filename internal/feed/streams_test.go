package feed

import (
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/internal/store"
)

// AT18: what the log tells twice is passed on once, and ends the streams of an app once: not those that were opened since.
func TestALineThatIsHeardTwiceIsPassedOnOnce(t *testing.T) {
	s := NewStreams(nil, nil, nil)
	s.following = true // nobody reads numbers here
	now := core.SystemClock{}.Now()
	app := core.App{ID: secret.NewID(now)}
	line := core.Event{ID: secret.NewID(now), Kind: core.EventAppChanged, AppID: app.ID}
	open := func() *stream {
		one, err := s.join(t.Context(), app, s.Rights())
		if err != nil {
			t.Fatal(err)
		}
		return one
	}
	before := open()
	s.Read(line)
	after := open()
	s.Read(line)
	if len(before.lines) != 1 || len(after.lines) != 0 {
		t.Errorf("passed on %d and %d times, want 1 and 0", len(before.lines), len(after.lines))
	}
	if !ended(before) || ended(after) {
		t.Errorf("ended: %v before the line and %v after, want true and false", ended(before), ended(after))
	}
	numbered := store.Line{Event: line, Seq: 1}
	s.tell(numbered) // its number comes also to whoever was told without
	if len(before.lines) != 2 || len(after.lines) != 1 || ended(after) {
		t.Errorf("with its number: %d and %d in all, want 2 and 1", len(before.lines), len(after.lines))
	}
	others := store.Line{Event: core.Event{ID: secret.NewID(now)}, Seq: 2}
	s.tell(others)
	s.Read(others.Event) // another node's line may be found with its number first
	if len(after.lines) != 2 {
		t.Errorf("%d in all, want 2", len(after.lines))
	}
	for range 3 * remembered {
		s.Read(core.Event{ID: secret.NewID(now)})
	}
	if n := len(s.passed.now) + len(s.passed.before); n > 2*remembered {
		t.Errorf("%d lines are remembered", n)
	}
}

// CA08: a stream ends with what its reader's right rests on, also if that went between the proof and the first line.
func TestAStreamEndsWithItsReadersRight(t *testing.T) {
	now := core.SystemClock{}.Now()
	app := core.App{ID: secret.NewID(now), Publisher: core.Account{ID: secret.NewID(now)}}
	for what, c := range map[string]struct {
		line core.Event
		ends bool
	}{
		"its secret":             {core.Event{Kind: core.EventAppSecretEnded, AppID: app.ID}, true},
		"its switch":             {core.Event{Kind: core.EventAppChanged, AppID: app.ID}, true},
		"itself":                 {core.Event{Kind: core.EventAppDeleted, AppID: app.ID}, true},
		"another publisher":      {core.Event{Kind: core.EventAppHandedOver, AppID: app.ID}, true},
		"its publisher":          {core.Event{Kind: core.EventAccountSuspended, AccountID: app.Publisher.ID}, true},
		"another account":        {core.Event{Kind: core.EventAccountSuspended, AccountID: secret.NewID(now)}, false},
		"another app":            {core.Event{Kind: core.EventAppChanged, AppID: secret.NewID(now)}, false},
		"what it has to do with": {core.Event{Kind: core.EventTokenRevoked, AppID: app.ID}, false},
	} {
		s := NewStreams(nil, nil, nil)
		s.following = true
		rights := s.Rights()
		one, err := s.join(t.Context(), app, rights)
		if err != nil {
			t.Fatal(err)
		}
		c.line.ID = secret.NewID(now)
		s.Read(c.line)
		if ended(one) != c.ends {
			t.Errorf("%s: ended %v, want %v", what, ended(one), c.ends)
		}
		late, err := s.join(t.Context(), app, rights)
		if err != nil {
			t.Fatal(err)
		}
		if c.ends && !ended(late) {
			t.Errorf("%s: a reader that proved itself before goes on", what)
		}
	}
}

func ended(one *stream) bool {
	select {
	case <-one.end:
		return true
	default:
		return false
	}
}
