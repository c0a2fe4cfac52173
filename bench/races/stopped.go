package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"launchpad/bench/drive"
)

// nodes is a second node over the same database, and the first one as a process that can be stopped.
type nodes struct {
	first, second *drive.Server
	programs      *drive.Client // of the second
}

func (t *track) openNodes(ctx context.Context, l drive.Launch, first *drive.Server) error {
	beside, err := l.Beside(first)
	if err != nil {
		return err
	}
	second, err := beside.Start(ctx)
	if err != nil {
		return err
	}
	t.nodes = &nodes{first: first, second: second, programs: drive.NewClient("http://" + beside.Listen)}
	return nil
}

func (n *nodes) close() {
	n.programs.Close()
	n.second.Kill()
}

// longestStep is how far into its answer the first node may come before it is stopped; a redemption takes less.
const longestStep = 2 * time.Millisecond

// stopped races for a code on two nodes, the first of which stands still from some point of its answer on until the
// second has answered.
func (t *track) stopped(app drive.App) error {
	code, err := t.browser.Authorize(app)
	if err != nil {
		return err
	}
	type outcome struct {
		answer drive.Answer
		err    error
	}
	late := make(chan outcome, 1)
	go func() {
		a, err := t.programs.Redeem(app, code)
		late <- outcome{a, err}
	}()
	time.Sleep(rand.N(longestStep))
	if err := t.nodes.first.Stop(); err != nil {
		return err
	}
	second, err := t.nodes.programs.Redeem(app, code)
	if err := errors.Join(err, t.nodes.first.Continue()); err != nil {
		return err
	}
	first := <-late
	if first.err != nil {
		return first.err
	}
	return t.oneWinner(app, first.answer, second)
}

func (t *track) oneWinner(app drive.App, answers ...drive.Answer) error {
	winners := 0
	for i, a := range answers {
		t.expect(a.OK() || a.InvalidGrant(), "node %d answered %s", i+1, a)
		if !a.OK() {
			continue
		}
		winners++
		t.count([]string{"codes, a node standing still: won by it", "codes, a node standing still: won by the other"}[i], 1)
		refreshed, err := t.nodes.programs.Refresh(app, a.Refresh)
		if err != nil {
			return err
		}
		t.expect(refreshed.InvalidGrant(), "the refresh token of a code that two nodes were asked for was answered %s", refreshed)
	}
	t.expect(winners == 1, "a code was answered with tokens %d times", winners)
	return nil
}
