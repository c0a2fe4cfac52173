package limit

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/internal/store"
)

// Board is where processes on one database leave their messages.
type Board interface {
	TellCounts(ctx context.Context, m store.CountMessage) error
	RetractCounts(ctx context.Context, node core.ID, pulse int64) error
	CountMessages(ctx context.Context) ([]store.CountMessage, error)
}

// Nodes keeps a table in step with those of other processes. It writes only while a counter of its own is busy, and what
// it writes is sealed: keys are addresses, apps and people.
type Nodes struct {
	table *Table
	board Board
	box   secret.Box
	watch core.Stopwatch
	log   *slog.Logger

	self   core.ID
	pulse  int64
	last   []byte // what the board says of us; nil: nothing
	others map[core.ID]*node
	begun  bool

	listened atomic.Int64 // when the board was last read, by the stopwatch
	failing  bool
}

// node is another process, as it was last heard.
type node struct {
	pulse  int64
	moved  time.Duration // when its pulse was first seen to be so
	counts []tagged
}

// An exchange is a write, if there is something to tell, and a read. What a process let pass is known to all others after
// two: a moment before its next exchange, and theirs that just missed it.
const (
	exchangeEvery = 500 * time.Millisecond
	patience      = time.Second
	silentFor     = time.Minute // a message that did not change for so long is that of a process which died
)

// NewNodes makes the shared part of a table. key seals what is told; every process has the same.
func NewNodes(t *Table, board Board, key []byte, self core.ID, watch core.Stopwatch, log *slog.Logger) (*Nodes, error) {
	box, err := secret.NewBox(key)
	if err != nil {
		return nil, err
	}
	t.marks = make([]mark, sets*ways)
	return &Nodes{table: t, board: board, box: box, watch: watch, log: log, self: self, others: map[core.ID]*node{}}, nil
}

// Run exchanges until the context ends.
func (n *Nodes) Run(ctx context.Context) {
	tick := time.NewTicker(exchangeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			n.leave()
			return
		case <-tick.C:
			n.keepExchanging(ctx)
		}
	}
}

// keepExchanging says when the exchange begins or ceases to fail.
func (n *Nodes) keepExchanging(ctx context.Context) {
	err := n.Exchange(ctx)
	if ctx.Err() != nil || (err != nil) == n.failing {
		return
	}
	if n.failing = err != nil; err != nil {
		n.log.Warn("limits: what other nodes count cannot be heard; each counts by itself", "cause", err)
	} else {
		n.log.Info("limits: other nodes are heard again")
	}
}

// Exchange tells what is worth telling and hears what others told. Only one may be under way.
func (n *Nodes) Exchange(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return errors.Join(n.tell(ctx), n.listen(ctx))
}

// Age is how long ago others were last heard.
func (n *Nodes) Age() time.Duration { return n.watch.Elapsed() - time.Duration(n.listened.Load()) }

func (n *Nodes) tell(ctx context.Context) error {
	list := n.table.busiest(n.table.clock.Now().UnixMilli())
	if len(list) == 0 {
		return n.retract(ctx)
	}
	plain := writeMessage(list)
	if string(plain) == string(n.last) {
		return nil
	}
	n.pulse++
	message := store.CountMessage{Node: n.self, Pulse: n.pulse}
	message.Text = base64.RawStdEncoding.EncodeToString(n.box.Seal(nil, plain, bound(message)))
	if err := n.board.TellCounts(ctx, message); err != nil {
		return fmt.Errorf("tell counts: %w", err)
	}
	n.last = plain
	return nil
}

func (n *Nodes) retract(ctx context.Context) error {
	if n.last == nil {
		return nil
	}
	if err := n.board.RetractCounts(ctx, n.self, n.pulse); err != nil {
		return fmt.Errorf("retract counts: %w", err)
	}
	n.last = nil
	return nil
}

// leave takes our message off the board. If that fails, somebody does it a minute later.
func (n *Nodes) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = n.retract(ctx)
}

func (n *Nodes) listen(ctx context.Context) error {
	began := n.watch.Elapsed()
	messages, err := n.board.CountMessages(ctx)
	if err == nil {
		n.hear(ctx, messages, began)
		n.listened.Store(int64(began))
	}
	var all [][]tagged
	for _, other := range n.others {
		all = append(all, other.counts)
	}
	n.table.sum(all, n.table.clock.Now().UnixMilli())
	if err != nil {
		return fmt.Errorf("read counts of other nodes: %w", err)
	}
	return nil
}

func (n *Nodes) hear(ctx context.Context, messages []store.CountMessage, now time.Duration) {
	there := map[core.ID]*node{}
	for _, m := range messages {
		if m.Node == n.self {
			continue
		}
		other := n.others[m.Node]
		if other == nil || other.pulse != m.Pulse {
			other = &node{pulse: m.Pulse, moved: now}
			if n.begun { // what was there before us may be what a dead one left
				other.counts = n.open(m)
			}
		}
		there[m.Node] = other
		if now-other.moved > silentFor {
			_ = n.board.RetractCounts(ctx, m.Node, m.Pulse) // else somebody does it at the next look
		}
	}
	n.others, n.begun = there, true
}

// open reads a message. One that does not open counts nothing: its node has another master key, while keys are rewrapped.
func (n *Nodes) open(m store.CountMessage) []tagged {
	sealed, err := base64.RawStdEncoding.DecodeString(m.Text)
	if err != nil {
		return nil
	}
	plain, err := n.box.Open(sealed, bound(m))
	if err != nil {
		return nil
	}
	list, err := readMessage(plain)
	if err != nil {
		return nil
	}
	return n.table.understand(list, n.table.clock.Now().UnixMilli())
}

// bound keeps a message from being another node's, or an older one.
func bound(m store.CountMessage) []byte {
	return []byte("counts|" + m.Node.String() + "|" + strconv.FormatInt(m.Pulse, 10))
}
