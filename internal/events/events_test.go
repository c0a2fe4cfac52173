package events_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "modernc.org/sqlite"

	"launchpad/internal/core"
	"launchpad/internal/events"
	"launchpad/internal/lptest"
	"launchpad/internal/secret"
	"launchpad/internal/store"
)

// site is a database and the processes that share it.
type site struct {
	t     *testing.T
	dsn   string
	clock *lptest.Clock
}

func eachSite(t *testing.T, test func(t *testing.T, s site)) {
	lptest.EachEngine(t, func(t *testing.T, e lptest.Engine) { test(t, site{t, e.Migrated(t), lptest.NewClock()}) })
}

// eachShared is for what matters only where several processes write.
func eachShared(t *testing.T, test func(t *testing.T, s site)) {
	for _, e := range lptest.Engines(t) {
		if e.Name == "postgres" {
			t.Run(e.Name, func(t *testing.T) { test(t, site{t, e.Migrated(t), lptest.NewClock()}) })
		}
	}
}

// node is one process. It hears and numbers only when it is told to.
type node struct {
	*events.Log
	t     *testing.T
	store *store.Store
	clock *lptest.Clock
	watch *lptest.Stopwatch
	mu    sync.Mutex
	heard []core.Event
}

func (s site) node() *node {
	s.t.Helper()
	n := &node{t: s.t, clock: s.clock, watch: &lptest.Stopwatch{}}
	var err error
	n.store, err = store.Open(s.t.Context(), s.dsn, s.clock)
	must(s.t, err)
	s.t.Cleanup(func() { n.store.Close() })
	n.Log = events.New(n.store, s.clock, n.watch, slog.New(slog.DiscardHandler))
	must(s.t, n.Start(s.t.Context(), time.Hour, func(e core.Event) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.heard = append(n.heard, e)
	}))
	return n
}

// revoke writes a line and gives the id of what it is about.
func (n *node) revoke() core.ID {
	n.t.Helper()
	id := secret.NewID(n.clock.Now())
	must(n.t, n.store.RevokeAccessToken(n.t.Context(), core.AccessToken{ID: id}, n.clock.Now()))
	return id
}

func (n *node) knows(id core.ID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.ContainsFunc(n.heard, func(e core.Event) bool { return e.SubjectID == id })
}

func (n *node) number() {
	n.t.Helper()
	must(n.t, n.Number(n.t.Context()))
}

// byHand changes the database behind everybody's back.
func (s site) byHand(statements ...string) {
	s.t.Helper()
	ctx := context.Background()
	run := func(string) error { return nil }
	if path, embedded := strings.CutPrefix(s.dsn, "sqlite:"); embedded {
		db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
		must(s.t, err)
		defer db.Close()
		run = func(statement string) error { _, err := db.ExecContext(ctx, statement); return err }
	} else {
		conn, err := pgxpool.New(ctx, s.dsn)
		must(s.t, err)
		defer conn.Close()
		run = func(statement string) error { _, err := conn.Exec(ctx, statement); return err }
	}
	for _, statement := range statements {
		must(s.t, run(statement))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (n *node) verify() (store.End, error) {
	return events.VerifyChain(n.t.Context(), n.store, store.End{})
}

// vandalism is what somebody with the database's password may try, on six lines.
var vandalism = map[string][]string{
	"a cell edited":          {`UPDATE events SET data = '{"x":1}' WHERE seq = 3`},
	"a cell emptied":         {`UPDATE events SET app_id = NULL WHERE seq = 3`},
	"ids exchanged":          {`UPDATE events SET identity_id = app_id, app_id = NULL WHERE seq = 3`},
	"a time moved":           {`UPDATE events SET at = at + 1 WHERE seq = 3`},
	"a hash replaced":        {`UPDATE events SET hash = 'x' WHERE seq = 3`},
	"a line removed":         {`DELETE FROM events WHERE seq = 3`},
	"the first line removed": {`DELETE FROM events WHERE seq = 1`},
	"the last line removed":  {`DELETE FROM events WHERE seq = 6`},
	"a line moved":           {`UPDATE events SET seq = -1 WHERE seq = 3`, `UPDATE events SET seq = 3 WHERE seq = 4`, `UPDATE events SET seq = 4 WHERE seq = -1`},
	"a line removed, renumbered": {`DELETE FROM events WHERE seq = 3`, `UPDATE events SET seq = 3 WHERE seq = 4`, `UPDATE events SET seq = 4 WHERE seq = 5`, `UPDATE events SET seq = 5 WHERE seq = 6`,
		`UPDATE chains SET seq = 5`},
	"a line inserted": {`UPDATE events SET seq = 7 WHERE seq = 6`, `UPDATE chains SET seq = 7`,
		`INSERT INTO events (id, seq, hash, at, kind, data) VALUES ('01970000-0000-7000-8000-000000000000', 6, 'x', 1, 'identity.locked', '{}')`},
	"a line put at the end": {`INSERT INTO events (id, seq, hash, at, kind, data) VALUES ('01970000-0000-7000-8000-000000000000', 7, 'x', 1, 'identity.locked', '{}')`},
	"the end put back":      {`UPDATE chains SET seq = 5`},
	"the number taken away": {`UPDATE events SET seq = NULL WHERE seq = 3`},
}

// AD10: nobody changes what the log says without being seen.
func TestTheChainShowsWhatWasDoneToIt(t *testing.T) {
	eachSite(t, func(t *testing.T, s site) {
		n := s.node()
		for name, statements := range vandalism {
			s.byHand(`DELETE FROM events`, `UPDATE chains SET seq = 0, hash = ''`)
			for range 6 {
				must(t, n.store.RevokeAccessToken(t.Context(), core.AccessToken{ID: secret.NewID(s.clock.Now()), AppID: secret.NewID(s.clock.Now())}, s.clock.Now()))
			}
			n.number()
			if last, err := n.verify(); err != nil || last.Seq != 6 {
				t.Fatalf("untouched: %+v, %v", last, err)
			}
			s.byHand(statements...)
			_, err := n.verify()
			if broken, found := errors.AsType[events.Broken](err); !found || broken.Seq < 1 || broken.Seq > 7 {
				t.Errorf("%s: got %v, want a broken chain", name, err)
			}
		}
	})
}

// The chain can be verified on from a line that is known, and grows with what comes.
func TestTheChainGoesOn(t *testing.T) {
	eachSite(t, func(t *testing.T, s site) {
		n := s.node()
		n.revoke()
		n.number()
		first, err := n.verify()
		must(t, err)
		for range 700 { // several batches, several pages
			n.revoke()
		}
		n.number()
		all, err := n.verify()
		must(t, err)
		on, err := events.VerifyChain(t.Context(), n.store, first)
		if err != nil || on != all || all.Seq != 701 {
			t.Errorf("from the first line: %+v, %v; from the beginning: %+v", on, err, all)
		}
		if _, err := events.VerifyChain(t.Context(), n.store, store.End{Seq: 1, Hash: "another"}); err == nil {
			t.Error("a chain that goes on from something else was found good")
		}
		if state := n.State(); state.Waiting != 0 {
			t.Errorf("%+v", state)
		}
	})
}

// However many believe that it is their turn, and however they are interleaved, there is one chain.
func TestSequencersNeverForkTheChain(t *testing.T) {
	eachShared(t, func(t *testing.T, s site) {
		nodes := []*node{s.node(), s.node(), s.node()}
		var all sync.WaitGroup
		for _, n := range nodes {
			all.Go(func() {
				for range 30 {
					n.watch.Advance(2 * time.Second) // whoever else holds the lease seems to stand still
					if err := n.store.RevokeAccessToken(context.Background(), core.AccessToken{ID: secret.NewID(s.clock.Now())}, s.clock.Now()); err != nil {
						t.Error(err)
					}
					if err := n.Number(context.Background()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		nodes[0].watch.Advance(2 * time.Second)
		nodes[0].number()
		if last, err := nodes[1].verify(); err != nil || last.Seq != 90 {
			t.Errorf("%+v, %v; want 90 good lines", last, err)
		}
	})
}

func TestALeaseRunsOut(t *testing.T) {
	eachShared(t, func(t *testing.T, s site) {
		holder, next := s.node(), s.node()
		holder.number()
		next.revoke()
		next.number()
		if state := next.State(); state.Waiting != 1 {
			t.Errorf("numbered beside the holder: %+v", state)
		}
		next.watch.Advance(1900 * time.Millisecond)
		next.number()
		if state := next.State(); state.Waiting != 1 {
			t.Errorf("numbered while the holder may live: %+v", state)
		}
		// The pulse moves, and the waiting begins anew.
		holder.watch.Advance(time.Second)
		must(t, holder.store.RevokeAccessToken(t.Context(), core.AccessToken{}, s.clock.Now()))
		holder.number()
		next.number()
		next.revoke()
		next.watch.Advance(1900 * time.Millisecond)
		next.number()
		if state := next.State(); state.Waiting != 1 {
			t.Errorf("numbered while the holder lives: %+v", state)
		}
		next.watch.Advance(100 * time.Millisecond)
		next.number()
		if state := next.State(); state.Waiting != 0 {
			t.Errorf("the lease did not run out: %+v", state)
		}
		if _, err := next.verify(); err != nil {
			t.Error(err)
		}
	})
}

// A lease that is given back is nobody's to wait for.
func TestAProcessThatEndsGivesTheLeaseBack(t *testing.T) {
	eachShared(t, func(t *testing.T, s site) {
		holder, next := s.node(), s.node()
		holder.number()
		ended, end := context.WithCancel(t.Context())
		end()
		holder.Run(ended)
		next.revoke()
		next.number()
		if state := next.State(); state.Waiting != 0 {
			t.Errorf("%+v", state)
		}
	})
}

func TestOthersAreHeardOnceEach(t *testing.T) {
	eachShared(t, func(t *testing.T, s site) {
		a, b := s.node(), s.node()
		first := a.revoke()
		if b.knows(first) {
			t.Fatal("heard before looking")
		}
		for range 3 {
			must(t, b.Look(t.Context()))
		}
		a.number() // it comes again, with a number
		must(t, b.Look(t.Context()))
		second := a.revoke()
		a.number() // never seen without one
		for range 3 {
			must(t, b.Look(t.Context()))
		}
		if !b.knows(first) || !b.knows(second) || len(b.heard) != 2 {
			t.Errorf("heard %+v", b.heard)
		}
	})
}

// Thousands at once come in several pages, numbered and not.
func TestManyLinesAreHeard(t *testing.T) {
	eachShared(t, func(t *testing.T, s site) {
		a, b := s.node(), s.node()
		s.byHand(`
			INSERT INTO events (id, at, kind, data)
			SELECT '01970000-0000-7000-8000-' || lpad(n::text, 12, '0'), 1, 'session.started', '{}'
			FROM generate_series(1, 1500) AS n`)
		must(t, b.Look(t.Context()))
		if len(b.heard) != 1500 {
			t.Errorf("heard %d lines without numbers, want 1500", len(b.heard))
		}
		a.number()
		must(t, b.Look(t.Context()))
		c := s.node()
		s.byHand(`UPDATE events SET seq = NULL, hash = NULL`, `UPDATE chains SET seq = 0, hash = ''`)
		d := s.node()
		a.watch.Advance(time.Second)
		a.number()
		must(t, d.Look(t.Context()))
		if len(b.heard) != 1500 || len(c.heard) != 0 || len(d.heard) != 1500 {
			t.Errorf("heard %d, %d and %d lines", len(b.heard), len(c.heard), len(d.heard))
		}
	})
}

// A writer that stands still before its commit, while younger lines are numbered, is heard when it goes on.
func TestALateCommitIsHeard(t *testing.T) {
	eachShared(t, func(t *testing.T, s site) {
		a, b := s.node(), s.node()
		conn, err := pgxpool.New(t.Context(), s.dsn)
		must(t, err)
		defer conn.Close()
		held, err := conn.Begin(t.Context())
		must(t, err)
		late := secret.NewID(s.clock.Now())
		_, err = held.Exec(t.Context(), `INSERT INTO events (id, at, kind, subject_id, data) VALUES ($1, 1, 'access_token.revoked', $2, '{}')`,
			secret.NewID(s.clock.Now().Add(-time.Minute)).String(), late.String())
		must(t, err)
		for range 300 {
			a.revoke()
			if a.number(); a.State().Waiting != 0 {
				t.Fatal("a line that is not committed was waited for")
			}
			must(t, b.Look(t.Context()))
		}
		must(t, held.Commit(t.Context()))
		for _, n := range []*node{a, b} {
			if must(t, n.Look(t.Context())); !n.knows(late) {
				t.Error("not heard")
			}
		}
		a.number()
		if _, err := a.verify(); err != nil {
			t.Error(err)
		}
	})
}

// Whatever is committed while a process starts is heard by it.
func TestNothingFallsBetweenReplayAndTail(t *testing.T) {
	eachShared(t, func(t *testing.T, s site) {
		a := s.node()
		stop := make(chan struct{})
		var revoked []core.ID
		var writing sync.WaitGroup
		writing.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					revoked = append(revoked, a.revoke())
					a.number()
				}
			}
		})
		var started []*node
		for range 10 {
			started = append(started, s.node())
		}
		close(stop)
		writing.Wait()
		for i, n := range started {
			must(t, n.Look(t.Context()))
			for _, id := range revoked {
				if !n.knows(id) {
					t.Errorf("process %d has not heard of all", i)
					break
				}
			}
		}
	})
}

func TestMemoryDecidesOnlyWhileItHears(t *testing.T) {
	eachShared(t, func(t *testing.T, s site) {
		a, b := s.node(), s.node()
		must(t, b.Look(t.Context()))
		id := a.revoke()
		b.watch.Advance(900 * time.Millisecond)
		must(t, b.Current(t.Context()))
		if b.knows(id) {
			t.Error("looked while memory could decide")
		}
		b.watch.Advance(time.Millisecond)
		if must(t, b.Current(t.Context())); !b.knows(id) {
			t.Error("did not look when memory was in doubt")
		}
		b.watch.Advance(2 * time.Second)
		must(t, b.store.Close())
		if err := b.Current(t.Context()); !errors.Is(err, core.ErrUnavailable) {
			t.Errorf("without a database: %v", err)
		}
		must(t, b.Hearing())
		b.watch.Advance(4 * time.Second)
		if err := b.Hearing(); !errors.Is(err, core.ErrUnavailable) {
			t.Errorf("deaf for 6 s: %v", err)
		}
	})
}

// Beyond 5 s nobody even tries: the background does, and until it succeeds nothing is verified.
func TestADeafProcessDoesNotDecide(t *testing.T) {
	eachShared(t, func(t *testing.T, s site) {
		b := s.node()
		b.watch.Advance(5*time.Second + 1)
		for range 2 { // it numbers, and sees its own pulse move; but it has not listened
			b.number()
			b.watch.Advance(time.Second)
		}
		for what, err := range map[string]error{"deaf": b.Current(t.Context()), "readiness of the deaf": b.Hearing()} {
			if !errors.Is(err, core.ErrUnavailable) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if state := b.State(); state.Lag <= 5*time.Second || state.Silence >= 5*time.Second {
			t.Errorf("%+v", state)
		}
		must(t, b.Look(t.Context()))
		must(t, b.Current(t.Context()))
	})
}

// OP07: a database that answers but cannot be written any more (demoted, or cut off from the others) is not believed.
func TestADatabaseWithoutAPulseIsNotBelieved(t *testing.T) {
	eachShared(t, func(t *testing.T, s site) {
		a, b := s.node(), s.node()
		a.number()
		must(t, b.Look(t.Context()))
		for range 5 {
			b.watch.Advance(time.Second)
			must(t, b.Current(t.Context()))
		}
		b.watch.Advance(time.Second / 2)
		must(t, b.Look(t.Context())) // it hears, but nobody lives there
		if err := b.Current(t.Context()); !errors.Is(err, core.ErrUnavailable) {
			t.Errorf("no pulse for 5.5 s: %v", err)
		}
		if state := b.State(); state.Lag != 0 || !errors.Is(b.Hearing(), core.ErrUnavailable) {
			t.Errorf("no pulse for 5.5 s, and ready: %+v", state)
		}
		a.watch.Advance(time.Second)
		a.number()
		must(t, b.Look(t.Context()))
		must(t, b.Current(t.Context()))
	})
}

// After a failover that lost commits, numbers are given anew: what has a number that was heard before is another line.
func TestAnotherHistoryIsReadFromTheStart(t *testing.T) {
	eachShared(t, func(t *testing.T, s site) {
		a, b := s.node(), s.node()
		for range 3 {
			a.revoke()
		}
		a.number()
		must(t, b.Look(t.Context()))
		for name, lost := range map[string]int{"shorter": 2, "as long": 0} {
			s.byHand(`DELETE FROM events WHERE seq > 1`, `UPDATE chains SET seq = 1, hash = (SELECT hash FROM events WHERE seq = 1)`)
			var anew []core.ID
			for range 2 - lost {
				anew = append(anew, a.revoke())
			}
			a.number()
			must(t, b.Look(t.Context()))
			for _, id := range anew {
				if !b.knows(id) {
					t.Errorf("%s: a line with a number that was heard before was not heard", name)
				}
			}
			after := a.revoke()
			a.number()
			if must(t, b.Look(t.Context())); !b.knows(after) {
				t.Errorf("%s: not heard on", name)
			}
			for range 2 {
				a.revoke()
			}
			a.number()
			must(t, b.Look(t.Context()))
		}
	})
}

// Each line at least once and in order, whatever happens to the reader.
func TestAKilledReaderResumes(t *testing.T) {
	eachSite(t, func(t *testing.T, s site) {
		n := s.node()
		for range 350 {
			n.revoke()
		}
		n.number()
		var got []int64
		read := func(until int64) {
			var dying sync.WaitGroup
			dying.Go(func() {
				c, err := events.Resume(context.Background(), n.store, "webhooks", 0)
				if err != nil {
					t.Error(err)
					return
				}
				for {
					taken, err := c.Next(context.Background(), func(_ context.Context, line store.Line) error {
						got = append(got, line.Seq)
						if line.Seq == until {
							runtime.Goexit() // nothing of the reader runs any more
						}
						return nil
					})
					if taken == 0 || err != nil {
						return
					}
				}
			})
			dying.Wait()
		}
		for _, until := range []int64{1, 50, 100, 101, 250, -1} {
			before := len(got)
			read(until)
			if before > 0 && len(got) > before && got[before] > got[before-1]+1 {
				t.Errorf("resumed at %d after %d", got[before], got[before-1])
			}
		}
		seen := slices.Compact(slices.Sorted(slices.Values(got)))
		if len(seen) != 350 || seen[0] != 1 || seen[349] != 350 || got[len(got)-1] != 350 {
			t.Errorf("%d different lines of 350, the last one %d", len(seen), got[len(got)-1])
		}
		for i := 1; i < len(got); i++ {
			if got[i] != got[i-1]+1 && got[i]%100 != 1 {
				t.Errorf("%d came after %d", got[i], got[i-1])
			}
		}
	})
}

// What a reader refuses comes again, what it took in before does not.
func TestAReaderThatFailsGoesOnWhereItFailed(t *testing.T) {
	eachSite(t, func(t *testing.T, s site) {
		n := s.node()
		for range 5 {
			n.revoke()
		}
		n.number()
		c, err := events.Resume(t.Context(), n.store, "feed", 1) // begins after the first line
		must(t, err)
		refusal := errors.New("not now")
		taken, err := c.Next(t.Context(), func(_ context.Context, line store.Line) error {
			if line.Seq == 4 {
				return refusal
			}
			return nil
		})
		if taken != 2 || !errors.Is(err, refusal) {
			t.Errorf("took in %d, %v", taken, err)
		}
		again, err := events.Resume(t.Context(), n.store, "feed", 0)
		must(t, err)
		var got []int64
		if _, err = again.Next(t.Context(), func(_ context.Context, line store.Line) error { got = append(got, line.Seq); return nil }); err != nil || !slices.Equal(got, []int64{4, 5}) {
			t.Errorf("then got %v, %v", got, err)
		}
		if _, err = c.Next(t.Context(), func(context.Context, store.Line) error { return nil }); !errors.Is(err, core.ErrConflict) {
			t.Errorf("two readers of one name: %v, want %v", err, core.ErrConflict)
		}
	})
}

// Verifying a token on an embedded database costs nothing for this, and on a shared one a look at the stopwatch.
func BenchmarkCurrent(b *testing.B) {
	for _, e := range lptest.Engines(b) {
		b.Run(e.Name, func(b *testing.B) {
			log := events.New(e.Store(b, lptest.NewClock()), lptest.NewClock(), core.NewStopwatch(), slog.New(slog.DiscardHandler))
			if err := log.Start(b.Context(), time.Hour); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if log.Current(b.Context()) != nil {
					b.Fatal("in doubt")
				}
			}
		})
	}
}
