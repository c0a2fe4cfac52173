package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// HT12: whatever a value holds, the line stays one line, the value stays that value, and no terminal is spoken to.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "plain", "a\r\nb", "\x1b[31mred", `"},{"level":"ERROR`, `\`, "\x00\x7f\u009b", "ü\u202e\U0001F600", "\xff\xfe"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		line := Begin(nil, noon, slog.LevelInfo, "request").Text("before", "b").Text("value", s).Number("after", 1).End()
		for i, c := range line {
			if c < 0x20 && i < len(line)-1 || c >= 0x7f {
				t.Fatalf("byte %d of the line is %#x: %q", i, c, line)
			}
		}
		var got map[string]any
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if want := string([]rune(s)); got["value"] != want || got["before"] != "b" || got["after"] != 1.0 || len(got) != 6 {
			t.Errorf("%q was written as %q", s, line)
		}
	})
}

func TestALineIsSpelledAsSlogDoes(t *testing.T) {
	for _, c := range []struct {
		at       time.Time
		took     time.Duration
		when, ms string
	}{
		{noon, 1234567 * time.Nanosecond, "12:00:00.000000", "1.234"},
		{noon.Add(1002 * time.Microsecond), 0, "12:00:00.001002", "0.000"},
		{noon.Add(time.Second - 1), 7 * time.Microsecond, "12:00:00.999999", "0.007"},
		{noon.Add(time.Second), 90 * time.Second, "12:00:01.000000", "90000.000"},
		{noon.In(time.FixedZone("east", 3600)), -1, "12:00:00.000000", "0.000"},
	} {
		line := Begin(nil, c.at, slog.LevelError, "request").Text("a", "b").Number("n", -3).Millis("ms", c.took).End()
		want := `{"time":"2030-01-01T` + c.when + `Z","level":"ERROR","msg":"request","a":"b","n":-3,"ms":` + c.ms + "}\n"
		if string(line) != want {
			t.Errorf("got  %swant %s", line, want)
		}
	}
}

// slow is a stream that tests look into while others write.
type slow struct {
	mu     sync.Mutex
	buffer bytes.Buffer
	writes int
	wrote  chan bool
}

func (s *slow) Write(p []byte) (int, error) {
	s.mu.Lock()
	s.writes++
	n, err := s.buffer.Write(p)
	s.mu.Unlock()
	select {
	case s.wrote <- true:
	default:
	}
	return n, err
}

func (s *slow) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buffer.String()
}

func TestLinesAreWrittenTogether(t *testing.T) {
	out := &slow{wrote: make(chan bool, 1)}
	j := New(out, slog.LevelInfo)
	for i := range 100 {
		j.Add(slog.LevelInfo, fmt.Appendf(nil, "%d\n", i))
	}
	j.Add(slog.LevelDebug, []byte("nobody asked\n"))
	for got := ""; strings.Count(got, "\n") < 100; got = out.String() {
		<-out.wrote // comes by itself
	}
	if got := out.String(); out.writes > 10 || strings.Contains(got, "nobody") {
		t.Errorf("%d writes: %q", out.writes, got)
	}
	j.Add(slog.LevelError, []byte("error\n"))
	if got := out.String(); !strings.HasSuffix(got, "error\n") {
		t.Errorf("an error waits: %q", got)
	}
	j.Logger().Warn("careful", "cause", "x")
	if got := out.String(); !strings.HasSuffix(got, `"cause":"x"}`+"\n") {
		t.Errorf("a warning waits: %q", got)
	}
}

func TestLinesStayWholeAndAreNotLost(t *testing.T) {
	out := &slow{}
	j := New(out, slog.LevelInfo)
	line := strings.Repeat("x", 99) + "\n"
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 5000 {
				j.Add(slog.LevelInfo, []byte(line))
			}
		})
	}
	all.Wait()
	j.Flush()
	if got := out.buffer.String(); got != strings.Repeat(line, 40_000) {
		t.Errorf("%d bytes of %d, or lines are torn", len(got), 40_000*len(line))
	}
	if out.writes > 8000 {
		t.Errorf("%d writes for 40,000 lines", out.writes)
	}
}

func TestNoJournal(t *testing.T) {
	var j *Journal
	j.Add(slog.LevelError, []byte("x"))
	j.Flush()
	if j.Wants(slog.LevelError) {
		t.Error("the nil journal wants lines")
	}
}

func BenchmarkLine(b *testing.B) {
	j := New(io.Discard, slog.LevelInfo)
	var memory [512]byte
	for b.Loop() {
		l := Begin(memory[:0], noon, slog.LevelInfo, "request").Text("trace", "0123456789A").Text("method", "GET").Text("route", "/.well-known/oauth-authorization-server").
			Number("status", 200).Number("bytes", 971).Millis("ms", 32*time.Microsecond).Text("address", "127.0.0.1")
		j.Add(slog.LevelInfo, l.End())
	}
}
