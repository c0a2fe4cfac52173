package web

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"launchpad/internal/core"
)

func TestOldWaysAreSummedAndDrawn(t *testing.T) {
	now := time.Date(2030, time.March, 31, 15, 0, 0, 0, time.UTC)
	use := func(daysAgo int, count int64) core.OldUse {
		day := core.DayOf(now).AddDate(0, 0, -daysAgo)
		return core.OldUse{Way: core.OldNoPKCE, Day: day, Count: count, LastAt: day.Add(time.Hour)}
	}
	end := now.AddDate(0, 1, 0)
	list := OldWays([]core.OldUse{use(0, 96), use(6, 1), use(7, 48), use(29, 2000)}, now, func(core.OldWay) time.Time { return end })
	if len(list) != 1 {
		t.Fatalf("%d ways, want the one that was gone", len(list))
	}
	w := list[0]
	if w.Today != 96 || w.Week != 97 || w.Month != 2145 || w.Most != 2000 || w.Ended || !w.LastAt.Equal(core.DayOf(now).Add(time.Hour)) {
		t.Errorf("summed up as %+v", w)
	}
	want := []Bar{{0, 0, 8, 48}, {220, 46, 8, 2}, {230, 46, 8, 2}, {290, 46, 8, 2}}
	if diff := cmp.Diff(want, w.Bars); diff != "" {
		t.Error(diff)
	}
	if first := EarliestEnd(list); first == nil || !first.EndsAt.Equal(end) {
		t.Errorf("the first end is %v", first)
	}
	if list := OldWays([]core.OldUse{use(1, 1)}, end, func(core.OldWay) time.Time { return end }); !list[0].Ended {
		t.Error("the way has not ended on its last day")
	}
}

func TestNumbersAreGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := (view{}).Number(n); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
}
