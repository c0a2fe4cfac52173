package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"launchpad/internal/core"
)

// OldWay is an old way that an app went lately, as those who build it and operators see it.
type OldWay struct {
	Way                core.OldWay
	Today, Week, Month int64
	LastAt             time.Time
	EndsAt             time.Time     // from when on it is refused; zero: no day is set
	Ended              bool          // it is refused already
	Uses               []core.OldUse // the days with a use, the latest first
	Bars               []Bar         // a day each, today last
	Most               int64         // on one day
}

// Bar is one of a chart that is barWide*monthDays wide and chartHigh high.
type Bar struct{ X, Y, Width, Height int64 }

const (
	monthDays = 30
	chartHigh = 48
	barWide   = 10
	barGap    = 2
)

// OldWays makes them of an app's uses in the last 30 days, in the order of core's list.
func OldWays(uses []core.OldUse, now time.Time, end func(core.OldWay) time.Time) []OldWay {
	var list []OldWay
	for _, rules := range core.OldWays {
		w := OldWay{Way: rules.Way, EndsAt: end(rules.Way)}
		w.Ended = !w.EndsAt.IsZero() && !now.Before(w.EndsAt)
		for _, u := range uses {
			if u.Way == w.Way {
				w.add(u, daysBetween(u.Day, core.DayOf(now)))
			}
		}
		if len(w.Uses) > 0 {
			w.draw(core.DayOf(now))
			list = append(list, w)
		}
	}
	return list
}

func daysBetween(day, today time.Time) int64 { return int64(today.Sub(day) / (24 * time.Hour)) }

func (w *OldWay) add(u core.OldUse, ago int64) {
	w.Uses = append(w.Uses, u)
	w.Month += u.Count
	if ago < 7 {
		w.Week += u.Count
	}
	if ago < 1 {
		w.Today += u.Count
	}
	w.Most = max(w.Most, u.Count)
	if u.LastAt.After(w.LastAt) {
		w.LastAt = u.LastAt
	}
}

// draw gives every day with a use a bar that can be seen.
func (w *OldWay) draw(today time.Time) {
	for _, u := range w.Uses {
		if ago := daysBetween(u.Day, today); ago >= 0 && ago < monthDays {
			high := max(2, chartHigh*u.Count/w.Most)
			w.Bars = append(w.Bars, Bar{X: barWide * (monthDays - 1 - ago), Y: chartHigh - high, Width: barWide - barGap, Height: high})
		}
	}
	slices.Reverse(w.Bars)
}

// Days is how many the chart shows.
func (OldWay) Days() int { return monthDays }

// EarliestEnd is the first day on which something that an app still does is refused; nil: no day is set for any of it.
func EarliestEnd(list []OldWay) *OldWay {
	var first *OldWay
	for i := range list {
		if w := &list[i]; !w.EndsAt.IsZero() && (first == nil || w.EndsAt.Before(first.EndsAt)) {
			first = w
		}
	}
	return first
}

// OldWaysReport is which apps still go which old ways.
type OldWaysReport struct {
	portalPage
	Totals []OldWayTotal
}

// OldWayTotal is one old way and the apps that go it, the most frequent first.
type OldWayTotal struct {
	Way                core.OldWay
	Today, Week, Month int64
	LastAt             time.Time // zero: no use is remembered
	EndsAt             time.Time
	Ended              bool
	Apps               []core.OldUsage
	More               int // apps than are listed
}

func (OldWaysReport) Template() string       { return "old_ways" }
func (OldWaysReport) Title() (string, []any) { return "old_ways.title", nil }

// Used reports whether any app goes any old way.
func (p OldWaysReport) Used() bool {
	return slices.ContainsFunc(p.Totals, func(t OldWayTotal) bool { return len(t.Apps) > 0 })
}

// Remembered are the ways of which a use is remembered, and Unused the others.
func (p OldWaysReport) Remembered() []OldWayTotal { return p.without(OldWayTotal.forgotten) }
func (p OldWaysReport) Unused() []OldWayTotal {
	return p.without(func(t OldWayTotal) bool { return !t.forgotten() })
}

func (p OldWaysReport) without(those func(OldWayTotal) bool) []OldWayTotal {
	return slices.DeleteFunc(slices.Clone(p.Totals), those)
}

func (t OldWayTotal) forgotten() bool { return t.LastAt.IsZero() }

// Kept is for how many days uses are remembered.
func (OldWaysReport) Kept() int { return core.OldUsesKept }

// AppOldWays is what an operator sees of one app.
type AppOldWays struct {
	portalPage
	App       core.App
	Developer core.Identity
	OldWays   []OldWay
}

func (AppOldWays) Template() string         { return "old_ways_app" }
func (p AppOldWays) Title() (string, []any) { return "old_ways.app_title", []any{"App", p.App.Name} }

// AppCount is how many apps there are, listed or not.
func (t OldWayTotal) AppCount() int64 { return int64(len(t.Apps) + t.More) }

// oldWay is what the part of the same name draws, and ending what says when a way ends.
type oldWay struct {
	View view
	OldWay
}

type ending struct {
	View view
	OldWayTotal
}

// Number groups digits by thousands.
func (v view) Number(n int64) string {
	text := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, digit := range text {
		if left := len(text) - i; i > 0 && left%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}

// Day is a date for people.
func (v view) Day(t time.Time) string { return t.Format("2 January 2006") }
