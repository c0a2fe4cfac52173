package server

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"launchpad/internal/config"
	"launchpad/internal/core"
)

// What the table, the configuration and the page for developers call a limit is one name, and its default is told.
func TestEveryLimitIsAPolicyAndExplained(t *testing.T) {
	page, err := os.ReadFile("../../docs/rate-limits.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]*policy{}
	for _, p := range newLimits(config.DefaultLimits, core.SystemClock{}).policies {
		named[p.name] = p
	}
	values := reflect.ValueOf(config.DefaultLimits)
	for i := range values.NumField() {
		name, most := values.Type().Field(i).Tag.Get("toml"), values.Field(i).Int()
		if name == "wrong_passwords" {
			continue // the session's
		}
		p := named[name]
		if p == nil || int64(p.most) != most {
			t.Errorf("limits.%s is no policy of this number", name)
			continue
		}
		if row := fmt.Sprintf("\n| `%s` | %d |", name, most); !strings.Contains(string(page), row) {
			t.Errorf("docs/rate-limits.md has no row %q", row)
		}
		delete(named, name)
	}
	for name := range named {
		t.Errorf("policy %s is no setting", name)
	}
}

func TestRoundedNumbers(t *testing.T) {
	before := -1
	for left, want := range map[int]int{0: 0, 1: 1, 999: 999, 1000: 1000, 1001: 1000, 1099: 1000, 1100: 1100, 9999: 9900, 10_000: 10_000, 19_999: 19_000, 999_999_999: 990_000_000, 1_000_000_000: 1_000_000_000} {
		if got, _ := rounded(left); got != want {
			t.Errorf("%d is told as %d, want %d", left, got, want)
		}
	}
	for left := range 200_000 {
		told, step := rounded(left)
		if told > left || step < before || step > before+1 {
			t.Fatalf("%d is told as %d, step %d after %d", left, told, step, before)
		}
		before = step
	}
}

// caller is an answer to a call.
func caller() (w *seen, r *http.Request) {
	r = httptest.NewRequest("GET", "http://x/v3/dashboards", http.NoBody)
	r.RemoteAddr = "203.0.113.1:1"
	return &seen{ResponseWriter: httptest.NewRecorder()}, r
}

func TestLimitsAllocateNothing(t *testing.T) {
	n := newLimits(config.Unlimited(), core.SystemClock{})
	w, r := caller()
	app, person, account := core.ID{1}, core.ID{2}, core.ID{3}
	call := func() {
		w.stands = stands{}
		w.record.Limits = &w.stands
		if err := n.admit(w, r, n.astray()); err != nil {
			t.Fatal(err)
		}
		if err := n.Call(w.Header(), &w.record, app, person, account, "/v3/", "/v3/dashboards"); err != nil {
			t.Fatal(err)
		}
	}
	call()
	if allocations := testing.AllocsPerRun(1000, call); allocations != 0 {
		t.Errorf("%v allocations for each call, want none", allocations)
	}
}

// All that limits cost a call: by address, then by account, person and app, and the two fields. The processor's time is told
// beside the clock's, which counts others' work on a busy machine.
func BenchmarkLimitsOfACall(b *testing.B) {
	n := newLimits(config.Unlimited(), standingStill{})
	w, r := caller()
	policy := n.astray()
	b.ReportAllocs()
	began := processorTime(b)
	for b.Loop() {
		w.stands = stands{}
		w.record.Limits = &w.stands
		_ = n.admit(w, r, policy)
		_ = n.Call(w.Header(), &w.record, core.ID{1}, core.ID{2}, core.ID{3}, "/v3/", "/v3/dashboards")
	}
	b.ReportMetric(float64(processorTime(b)-began)/float64(b.N), "cpu-ns/op")
}

// standingStill is a clock: what reading one costs is the machine's affair.
type standingStill struct{}

func (standingStill) Now() time.Time { return time.UnixMilli(1_900_000_000_000) }

func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func TestFieldsOfAClockThatWasSetBack(t *testing.T) {
	n := newLimits(config.DefaultLimits, core.SystemClock{})
	if got := n.named("api_of_account").fields.standing(3, time.Minute); got[0] != `"api_of_account";r=3;t=60` {
		t.Errorf("%q", got)
	}
}
