package server

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// described is docs/metrics.md's table, as the code has it.
func described() string {
	var b strings.Builder
	line := func(name, kind string, labels []string, help string) {
		for i := range labels {
			labels[i] = "`" + labels[i] + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", name, kind, strings.Join(labels, " "), help)
	}
	for _, f := range figures {
		kind := "gauge"
		if f.kind == prometheus.CounterValue {
			kind = "counter"
		}
		line(f.name, kind, append([]string{}, f.labels...), f.help)
	}
	for _, s := range spreads {
		line(s.name, "histogram", append([]string{}, s.labels...), s.help)
	}
	return b.String()
}

func TestEveryMetricIsDescribed(t *testing.T) {
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := described(); !strings.Contains(string(text), want) {
		t.Errorf("docs/metrics.md must have exactly these rows:\n%s", want)
	}
	for _, name := range regexp.MustCompile("launchpad_[a-z_]+").FindAllString(string(text), -1) {
		if !strings.Contains(described(), "`"+name) {
			t.Errorf("docs/metrics.md speaks of %s, which does not exist", name)
		}
	}
}

// What Prometheus asks of names: base units, and _total on what only grows.
func TestMetricsAreNamedByConvention(t *testing.T) {
	shape := regexp.MustCompile(`^launchpad_[a-z]+(_[a-z]+)*$`)
	for _, f := range figures {
		if total := strings.HasSuffix(f.name, "_total"); !shape.MatchString(f.name) || total != (f.kind == prometheus.CounterValue) || f.help == "" {
			t.Errorf("%s: a counter ends in _total and nothing else does", f.name)
		}
	}
	for _, s := range spreads {
		if !shape.MatchString(s.name) || s.scale == nanoseconds && !strings.HasSuffix(s.name, "_seconds") {
			t.Errorf("%s: durations are in seconds", s.name)
		}
	}
}

func (w watched) metrics() string {
	w.t.Helper()
	answer := httptest.NewRecorder()
	w.Metrics().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", http.NoBody))
	if answer.Code != 200 {
		w.t.Fatalf("metrics: %d %s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

func (w watched) wantMetric(lines ...string) {
	w.t.Helper()
	text := w.metrics()
	for _, line := range lines {
		if !strings.Contains(text, "\n"+line+"\n") {
			name, _, _ := strings.Cut(line, "{")
			w.t.Errorf("no line %s; there is:\n%s", line, strings.Join(regexp.MustCompile("(?m)^"+name+".*$").FindAllString(text, -1), "\n"))
		}
	}
}

func TestMetricsCount(t *testing.T) {
	w := startWatched(t)
	w.ask(httptest.NewRequest("GET", "http://x/healthz", http.NoBody))
	w.ask(httptest.NewRequest("GET", "http://x/healthz", http.NoBody))
	w.ask(httptest.NewRequest("BREW", "http://x/healthz", http.NoBody))
	w.ask(httptest.NewRequest("GET", "http://x/a//b", http.NoBody))
	bad := httptest.NewRequest("GET", "http://127.0.0.1/v3/a/b", http.NoBody)
	bad.Header.Set("Authorization", "Bearer nonsense")
	w.ask(bad)
	form := httptest.NewRequest("POST", "http://x/oauth/token", strings.NewReader("grant_type=refresh_token"))
	form.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w.ask(form)
	w.countSweep([16]byte{1}, nil)
	w.countSweep([16]byte{}, io.EOF)
	w.wantMetric(
		`launchpad_http_requests_total{method="GET",route="/healthz",status="2xx"} 2`,
		`launchpad_http_requests_total{method="other",route="/healthz",status="4xx"} 1`,
		`launchpad_http_requests_total{method="any",route="none",status="4xx"} 1`,
		`launchpad_http_request_duration_seconds_count{route="/healthz"} 3`,
		`launchpad_http_refusals_total{error="invalid_request",slug="path_not_canonical"} 1`,
		`launchpad_verifications_total{format="none",outcome="access_token_unknown"} 1`,
		`launchpad_token_requests_total{grant="refresh_token",outcome="client_authentication_missing"} 1`,
		`launchpad_sweep_steps_total{outcome="done"} 1`,
		`launchpad_sweep_steps_total{outcome="failed"} 1`,
		`launchpad_sweep_last_pass_timestamp_seconds 0`,
		`launchpad_passwords{state="running"} 0`,
		`launchpad_dead_entries{kind="revoked"} 0`,
		`launchpad_sqlite_queue 0`,
		`launchpad_log_unnumbered 0`,
		`launchpad_http_panics_total 0`,
		`launchpad_ready 1`,
	)
	w.Drain()
	w.wantMetric(`launchpad_ready 0`)
	if text := w.metrics(); !strings.Contains(text, "launchpad_sqlite_commit_duration_seconds_count") || !strings.Contains(text, "go_goroutines ") || !strings.Contains(text, "process_open_fds ") || !strings.Contains(text, `launchpad_key_age_seconds{ring="sign"} `) || strings.Contains(text, "launchpad_log_lag") || strings.Contains(text, "postgres") {
		t.Errorf("metrics of this engine, of Go and of the process:\n%s", text)
	}
}

// However many different things callers send, the number of rows stays as it is.
func TestMetricsAreBounded(t *testing.T) {
	w := startWatched(t)
	flood := func(from, to int) int {
		for i := from; i < to; i++ {
			for _, path := range []string{"/v3/a/x%d", "/x%d", "/oauth/applications/x%d", "/assets/x%d"} {
				r := httptest.NewRequest("GET", "http://127.0.0.1"+fmt.Sprintf(path, i), http.NoBody)
				r.Method, r.RemoteAddr = fmt.Sprintf("M%d", i), fmt.Sprintf("10.0.0.%d:1", i)
				w.ServeHTTP(httptest.NewRecorder(), r)
				r.Method = "GET"
				r.Header.Set("Authorization", fmt.Sprintf("Bearer x%d", i))
				w.ServeHTTP(httptest.NewRecorder(), r)
			}
			r := httptest.NewRequest("POST", "http://x/oauth/token", strings.NewReader(fmt.Sprintf("grant_type=x%d&client_id=x%d", i, i)))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w.ServeHTTP(httptest.NewRecorder(), r)
		}
		return strings.Count(w.metrics(), "\nlaunchpad_")
	}
	if before, after := flood(0, 2), flood(2, 40); after != before {
		t.Errorf("%d rows became %d", before, after)
	}
}
