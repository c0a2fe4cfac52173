package main

import (
	"testing"
	"time"
)

func TestSpreadHasTheMedianOfOddAndEvenCounts(t *testing.T) {
	t.Parallel()
	same := func(f float64) float64 { return f }
	for _, c := range []struct {
		rounds []float64
		want   spread
	}{
		{[]float64{3}, spread{3, 3, 3}},
		{[]float64{5, 1, 3}, spread{1, 3, 5}},
		{[]float64{4, 1, 3, 2}, spread{1, 2.5, 4}},
	} {
		if got := over(c.rounds, same); got != c.want {
			t.Errorf("%v: got %v, want %v", c.rounds, got, c.want)
		}
	}
}

func TestQuantilesStayInsideTheList(t *testing.T) {
	t.Parallel()
	list := []time.Duration{1, 2, 3, 4}
	for q, want := range map[float64]time.Duration{0: 1, 0.5: 3, 0.99: 4, 1: 4} {
		if got := quantile(list, q); got != want {
			t.Errorf("quantile %v: got %d, want %d", q, got, want)
		}
	}
	if got := quantile(nil, 0.5); got != 0 {
		t.Errorf("of nothing: got %d, want 0", got)
	}
}

func TestRatiosCompareRoundsThatStoodSideBySide(t *testing.T) {
	t.Parallel()
	m := measured{floor: []round{{cpu: 10}, {cpu: 20}, {cpu: 10}}, launchpad: []round{{cpu: 20}, {cpu: 40}, {cpu: 15}}}
	if got, want := m.ratios(), (spread{1.5, 2, 2}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTheP99IsJudgedWhereItHasABudget(t *testing.T) {
	t.Parallel()
	rounds := func(p99 time.Duration) []round {
		return []round{{cpu: 10, p99: p99}, {cpu: 10, p99: p99}, {cpu: 10, p99: 50 * p99}}
	}
	for _, c := range []struct {
		tail float64
		late time.Duration
		want string
	}{{1.5, 15, "ok"}, {1.5, 16, "p99 OVER"}, {0, 99, "ok"}} {
		m := measured{operation: operation{tail: c.tail}, floor: []round{{cpu: 10, p99: 10}, {cpu: 10, p99: 10}, {cpu: 10, p99: 500}}, launchpad: rounds(c.late)}
		if got := m.verdict(1.25); got != c.want || good(got) != (c.want == "ok") {
			t.Errorf("a p99 of %d for 10, at most %v times: %q, want %q", c.late, c.tail, got, c.want)
		}
		if m.launchpad[0].failed = 1; m.verdict(1.25) != "FAILED" {
			t.Error("what failed has another verdict")
		}
	}
}

func TestFailuresAndExceededBudgetsAreNotGood(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		figure, budget float64
		failed         int
		want           bool
	}{{1.9, 2, 0, true}, {2, 2, 0, true}, {2.01, 2, 0, false}, {1, 2, 1, false}, {99, 0, 0, true}} {
		if got := good(verdict(c.figure, c.budget, c.failed)); got != c.want {
			t.Errorf("%v against %v with %d failed: got %v", c.figure, c.budget, c.failed, got)
		}
	}
}
