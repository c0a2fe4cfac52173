package limit

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

// board is the store's part, in memory.
type board struct {
	rows   map[core.ID]store.CountMessage
	writes int
}

func (b *board) TellCounts(_ context.Context, m store.CountMessage) error {
	b.rows[m.Node] = m
	b.writes++
	return nil
}

func (b *board) RetractCounts(_ context.Context, node core.ID, pulse int64) error {
	if b.rows[node].Pulse == pulse {
		delete(b.rows, node)
	}
	return nil
}

func (b *board) CountMessages(context.Context) (list []store.CountMessage, err error) {
	for _, m := range b.rows {
		list = append(list, m)
	}
	return list, nil
}

type stopwatch struct{ c *clock }

func (w stopwatch) Elapsed() time.Duration { return time.Duration(w.c.ms.Load()) * time.Millisecond }

// place is some processes on one database.
type place struct {
	t     *testing.T
	c     *clock
	board board
	nodes []*Nodes
	rates []*Rate
}

func newPlace(t *testing.T, nodes, most int) *place {
	p := &place{t: t, c: newClock(), board: board{rows: map[core.ID]store.CountMessage{}}}
	for range nodes {
		p.join(most)
	}
	return p
}

func (p *place) join(most int) {
	p.t.Helper()
	table := NewTable(p.c)
	p.rates = append(p.rates, NewRate(table, most, 10*time.Second).Shared("calls"))
	node, err := NewNodes(table, &p.board, make([]byte, 32), core.ID{byte(len(p.nodes) + 1)}, stopwatch{p.c}, slog.New(slog.DiscardHandler))
	if err != nil {
		p.t.Fatal(err)
	}
	p.nodes = append(p.nodes, node)
	p.exchange(node)
}

func (p *place) exchange(nodes ...*Nodes) {
	p.t.Helper()
	for _, n := range nodes {
		if err := n.Exchange(p.t.Context()); err != nil {
			p.t.Fatal(err)
		}
	}
}

// The promise: behind a load balancer that takes turns, all nodes together let pass the limit, and what passes in a second.
func TestNodesLetPassTheLimitAndASecondsWorth(t *testing.T) {
	for _, nodes := range []int{2, 3, 8} {
		for _, perSecond := range []int{100, 200, 1000} {
			const most = 500
			p := newPlace(t, nodes, most)
			passed := 0
			for tick := range 19 { // 9.5 seconds: no window ends
				for n := range perSecond / 2 {
					if p.rates[(tick*perSecond/2+n)%nodes].Take(number(1)) == 0 {
						passed++
					}
				}
				p.exchange(p.nodes...)
				p.c.advance(500 * time.Millisecond)
			}
			if passed < min(most, perSecond*19/2) || passed > most+perSecond {
				t.Errorf("%d nodes, %d requests a second: %d passed, want %d and at most a second's worth more", nodes, perSecond, passed, most)
			}
		}
	}
}

// Whoever keeps to the limit in any ten seconds is not refused, however nodes take turns.
func TestNodesRefuseNobodyTooEarly(t *testing.T) {
	p := newPlace(t, 3, 100)
	for n := range 1000 {
		if wait := p.rates[n*n%3].Take(number(1)); wait != 0 {
			t.Fatalf("request %d: wait %s", n+1, wait)
		}
		if n%4 == 0 {
			p.exchange(p.nodes...)
		}
		p.c.advance(102 * time.Millisecond)
	}
}

// What one node says is how long to wait holds at the others.
func TestNodesTellHowLongToWait(t *testing.T) {
	p := newPlace(t, 2, 10)
	for range 10 {
		p.rates[0].Take(number(1))
	}
	p.c.advance(4 * time.Second)
	p.exchange(p.nodes...)
	if wait := p.rates[1].Take(number(1)); wait != 6*time.Second {
		t.Errorf("at the other node: wait %s, want 6s", wait)
	}
	if wait := p.rates[1].Take(number(2)); wait != 0 {
		t.Errorf("somebody else at the other node: wait %s", wait)
	}
	p.c.advance(6 * time.Second)
	if wait := p.rates[1].Take(number(1)); wait != 0 {
		t.Errorf("after the wait that was told: wait %s", wait)
	}
}

func TestNodesSayNothingWhileNobodyIsBusy(t *testing.T) {
	p := newPlace(t, 2, 800)
	for n := range 99 {
		for who := range 20 {
			p.rates[0].Take(number(who))
		}
		if n%10 == 0 {
			p.exchange(p.nodes...)
		}
	}
	p.exchange(p.nodes...)
	if p.board.writes != 0 {
		t.Errorf("%d messages, and nobody has come to an eighth of the limit", p.board.writes)
	}
	p.rates[0].Take(number(1))
	p.exchange(p.nodes...)
	p.exchange(p.nodes...)
	if p.board.writes != 1 || len(p.board.rows) != 1 {
		t.Errorf("%d messages of one busy counter that did not change, want 1", p.board.writes)
	}
	p.c.advance(10 * time.Second)
	p.exchange(p.nodes...)
	if len(p.board.rows) != 0 {
		t.Error("its window is over, and the message is still there")
	}
}

func TestANodeThatDiedIsForgotten(t *testing.T) {
	p := newPlace(t, 2, 10)
	for range 10 {
		p.rates[0].Take(number(1))
	}
	p.exchange(p.nodes...)
	if p.rates[1].Take(number(1)) == 0 {
		t.Fatal("it was not told")
	}
	p.c.advance(10 * time.Second) // from here on the first node does nothing
	p.exchange(p.nodes[1])
	if wait := p.rates[1].Take(number(1)); wait != 0 {
		t.Errorf("what the dead node told of is over: wait %s", wait)
	}
	p.join(10) // a node that starts now does not know how old the message is
	if wait := p.rates[2].Take(number(1)); wait != 0 {
		t.Errorf("a new node believes a dead one: wait %s", wait)
	}
	p.c.advance(silentFor)
	p.exchange(p.nodes[1])
	if len(p.board.rows) != 0 {
		t.Error("its message is still there after a minute")
	}
}

// A flood of names neither resets what others told, nor pushes out of a message who is at the limit.
func TestAFloodResetsNobodyElsewhere(t *testing.T) {
	p := newPlace(t, 2, 80)
	const victim = -1
	for range 80 {
		p.rates[0].Take(number(victim))
	}
	p.exchange(p.nodes...)
	for n := range 300_000 {
		p.rates[1].Take(number(n))
	}
	if p.rates[1].Take(number(victim)) == 0 {
		t.Error("a flood at the other node gave the fast one another request")
	}
	for n := range 2 * mostTold {
		for range 20 {
			p.rates[0].Take(number(n))
		}
	}
	p.exchange(p.nodes...)
	if p.rates[1].Take(number(victim)) == 0 {
		t.Error("a flood of busy names pushed the fast one out of the message")
	}
	message := p.board.rows[p.nodes[0].self].Text
	if len(message) > 4*(messageMost+64)/3+4 {
		t.Errorf("a message of %d characters", len(message))
	}
}

// Who can write into the database, and has no master key, tells nobody anything; nor does a node with other limits.
func TestMessagesOfStrangers(t *testing.T) {
	p := newPlace(t, 2, 10)
	for range 10 {
		p.rates[0].Take(number(1))
	}
	p.exchange(p.nodes[0])
	row := p.board.rows[p.nodes[0].self]
	for name, change := range map[string]func(*store.CountMessage){
		"another node's":   func(m *store.CountMessage) { m.Node = core.ID{9} },
		"an older message": func(m *store.CountMessage) { m.Pulse++ },
		"no base64":        func(m *store.CountMessage) { m.Text = "!" },
		"nothing":          func(m *store.CountMessage) { m.Text = "" },
	} {
		m := row
		change(&m)
		p.board.rows = map[core.ID]store.CountMessage{m.Node: m}
		p.exchange(p.nodes[1])
		if others := p.nodes[1].table.others.Load(); others != nil {
			t.Errorf("%s was believed", name)
		}
	}
}

func TestARuleThatNobodyKnowsIsNotCounted(t *testing.T) {
	p := newPlace(t, 1, 10)
	list := p.nodes[0].table.understand([]said{{rule: 1, count: 5, left: 100}, {rule: p.rates[0].id, count: 1 << 31, left: 1 << 31}}, 0)
	if len(list) != 1 || list[0].count != 10 || list[0].until != 10_000 {
		t.Errorf("%+v, want the rule that is known, and no more than it can have counted", list)
	}
}

func TestParallelRequestsWhileNodesTalk(t *testing.T) {
	p := newPlace(t, 2, 1000)
	var passed, done atomic.Int64
	for _, r := range p.rates {
		go func() {
			for range 5000 {
				if r.Take(number(1)) == 0 {
					passed.Add(1)
				}
			}
			done.Add(1)
		}()
	}
	for done.Load() < 2 {
		p.exchange(p.nodes...)
	}
	if n := passed.Load(); n < 1000 || n > 2000 {
		t.Errorf("%d passed, want at least the limit and at most that of each node", n)
	}
}

func FuzzReadMessage(f *testing.F) {
	f.Add(writeMessage(nil))
	f.Add(writeMessage([]said{{1, number(7), 500, 9999}, {1 << 63, Text("x"), 1<<32 - 1, 0}}))
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 33})
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := readMessage(b)
		if err != nil {
			return
		}
		if len(list) > mostTold || !slices.Equal(writeMessage(list), b) {
			t.Errorf("%x was read as %+v", b, list)
		}
	})
}
