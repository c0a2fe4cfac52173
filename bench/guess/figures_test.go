package main

import (
	"math"
	"testing"
	"time"
)

func TestAUCIsTheChanceOfTakingLonger(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b []time.Duration
		want float64
	}{
		{[]time.Duration{1, 2, 3}, []time.Duration{1, 2, 3}, 0.5},
		{[]time.Duration{4, 5}, []time.Duration{1, 2, 3}, 1},
		{[]time.Duration{1}, []time.Duration{2, 3}, 0},
		{[]time.Duration{2}, []time.Duration{1, 3}, 0.5},
		{[]time.Duration{5, 5}, []time.Duration{5}, 0.5},
	} {
		if got := auc(c.a, c.b); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%v against %v: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestTwoThousandPairsAreJudgedByTheBar(t *testing.T) {
	t.Parallel()
	if got := tellable(2000); got != 0.55 {
		t.Errorf("2,000 pairs: %v, want 0.55", got)
	}
	if got := tellable(50); got < 0.6 || got > 0.8 {
		t.Errorf("50 pairs: %v", got)
	}
}

func TestAFigureOverItsBarIsNotGood(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		found int
		noisy bool
		want  bool
	}{"within": {2, false, true}, "over": {3, false, false}, "over, and nobody judges": {3, true, true}} {
		s := &siege{o: options{noisy: c.noisy}}
		s.within("it", time.Duration(c.found), 2)
		if got := s.report(t.Output(), s.o); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestEachIsCalledOnce(t *testing.T) {
	t.Parallel()
	seen := make([]int, 100)
	each(len(seen), 7, func(n int) { seen[n]++ })
	for n, times := range seen {
		if times != 1 {
			t.Errorf("%d was called %d times", n, times)
		}
	}
}
