package cli

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"launchpad/internal/config"
	"launchpad/internal/journal"
	"launchpad/internal/lptest"
	"launchpad/internal/server"
	"launchpad/internal/store"
)

func get(t *testing.T, address string) (int, string) {
	t.Helper()
	answer, err := http.Get("http://" + address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func nothing(context.Context, *store.Store, *server.Options) error { return nil }

// GW17: numbers are at their own address, and only there; and the log is whole when the process ends.
func TestMetricsHaveAnAddressOfTheirOwn(t *testing.T) {
	c := config.Default()
	c.Data, c.Listen, c.Metrics = t.TempDir(), lptest.FreeAddress(t), lptest.FreeAddress(t)
	var log bytes.Buffer
	ready := 0
	p, err := start(t.Context(), c, journal.New(&log, slog.LevelInfo), func(context.Context, *store.Store, *server.Options) error {
		ready, _ = get(t, c.Listen+"/readyz") // while the house is being opened
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if ready != http.StatusServiceUnavailable {
		t.Errorf("ready before it is open: %d", ready)
	}
	for address, want := range map[string]int{c.Listen + "/readyz": 200, c.Listen + "/metrics": 404, c.Metrics + "/metrics": 200, c.Metrics + "/readyz": 404, c.Metrics + "/debug/pprof/": 404} {
		if status, _ := get(t, address); status != want {
			t.Errorf("%s: %d, want %d", address, status, want)
		}
	}
	if _, text := get(t, c.Metrics+"/metrics"); !strings.Contains(text, `launchpad_http_requests_total{method="GET",route="/readyz",status="2xx"} 1`) || !strings.Contains(text, `launchpad_build_info{`) {
		t.Errorf("metrics:\n%s", text)
	}
	if err := p.close(); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(log.String(), `"msg":"request"`); lines != 2 {
		t.Errorf("%d lines for the two requests at the public address:\n%s", lines, &log)
	}
}

func TestWithoutTheSettingThereAreNoMetrics(t *testing.T) {
	c := config.Default()
	c.Data, c.Listen = t.TempDir(), lptest.FreeAddress(t)
	p, err := start(t.Context(), c, nil, nothing)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if len(p.sites) != 1 {
		t.Errorf("%d addresses, want 1", len(p.sites))
	}
}

func TestMetricsAtATakenAddress(t *testing.T) {
	c := config.Default()
	c.Data, c.Listen, c.Metrics = t.TempDir(), lptest.FreeAddress(t), "127.0.0.1:http-alt-nonsense"
	if p, err := start(t.Context(), c, nil, nothing); err == nil {
		p.close()
		t.Error("started without its metrics")
	}
	for _, bad := range []string{"nonsense", c.Listen} {
		c.Metrics = bad
		if err := c.Finish(); err == nil || !strings.Contains(err.Error(), "metrics") {
			t.Errorf("metrics = %q: %v", bad, err)
		}
	}
}
