package server

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"launchpad/internal/meter"
)

// figure is one metric. Its labels are words from lists of ours: no app, person, account, address or path of a request
// is one, so that neither secrets nor numbers without end get in.
type figure struct {
	name   string
	kind   prometheus.ValueType
	labels []string
	help   string
	read   func(*Server, tell)
}

// spread is one whose values are spread over bounds.
type spread struct {
	name   string
	labels []string
	help   string
	scale  float64 // from the meter's unit to the metric's
	read   func(*Server, func(s *meter.Spread, labels ...string))
}

// tell takes a value with the words for the labels.
type tell func(value float64, labels ...string)

const (
	grows   = prometheus.CounterValue
	changes = prometheus.GaugeValue

	nanoseconds = 1e-9
)

// figures is the one list of what is counted; docs/metrics.md follows from it.
var figures = []figure{
	{"launchpad_http_requests_total", grows, []string{"route", "method", "status"}, "Requests by route, method and class of the status; \"none\" were refused before their route was known, or broken off before an answer.",
		func(s *Server, tell tell) {
			for _, w := range s.traffic.all() {
				for class := range w.answers {
					if n := w.answers[class].Read(); n > 0 {
						tell(float64(n), w.route, w.method, statusClass(class))
					}
				}
			}
		}},
	{"launchpad_http_refusals_total", grows, []string{"error", "slug"}, "Requests that were refused, by error code and by heading in errors.md.",
		func(s *Server, tell tell) { s.refusals.Each(each(tell)) }},
	{"launchpad_http_panics_total", grows, nil, "Requests that met a mistake of ours and were answered 500. Any is worth a look into the log.",
		func(s *Server, tell tell) { tell(float64(s.panics.Read())) }},
	{"launchpad_token_requests_total", grows, []string{"grant", "outcome"}, "Token requests of a known grant. Outcomes: issued; of refreshes rotated, repeated or recovered; else the slug of the refusal, like refresh_token_reused for a theft.",
		func(s *Server, tell tell) { s.grants.Each(each(tell)) }},
	{"launchpad_verifications_total", grows, []string{"format", "outcome"}, "Access and personal tokens that were verified for the gateway, introspection or revocation: good, or the slug of what was wrong.",
		func(s *Server, tell tell) { s.access.Figures().Verified.Each(each(tell)) }},
	{"launchpad_dead_entries", changes, []string{"kind"}, "What was revoked, and grants that were changed, within twice the life of an access token; verifying looks here.",
		func(s *Server, tell tell) {
			f := s.access.Figures()
			tell(float64(f.Dead), "revoked")
			tell(float64(f.Changed), "changed")
		}},
	{"launchpad_old_ways_total", grows, []string{"way", "outcome"}, "Requests that went an old way, by its name under [sunset]: answered, or refused because it has ended. Which apps sent them, launchpad policy report says.",
		func(s *Server, tell tell) {
			went, _, _ := s.oldWays.Figures()
			went.Each(each(tell))
		}},
	{"launchpad_use_notes_waiting", changes, nil, "Notes of last use and counts of old ways that wait to be written.",
		func(s *Server, tell tell) {
			_, waiting, _ := s.oldWays.Figures()
			tell(float64(s.access.Figures().NotesWaiting + waiting))
		}},
	{"launchpad_use_notes_dropped_total", grows, nil, "Notes of last use and counts of old ways that found no room. Notes come again with the next use; if this grows, storage is too slow.",
		func(s *Server, tell tell) {
			_, _, dropped := s.oldWays.Figures()
			tell(float64(s.access.Figures().NotesDropped + dropped))
		}},
	{"launchpad_limits_refused_total", grows, []string{"policy", "api"}, "Requests that met a limit, by its name under [limits], and the API if that has limits of its own.",
		func(s *Server, tell tell) { s.limits.refused.Each(each(tell)) }},
	{"launchpad_limits_shared_age_seconds", changes, nil, "How long ago this node heard what others on the same PostgreSQL count.",
		func(s *Server, tell tell) {
			if s.nodes != nil {
				tell(s.nodes.Age().Seconds())
			}
		}},
	{"launchpad_log_lag_seconds", changes, nil, "For how long this node may not have heard what others revoked. Over 0.9 it asks before it answers, over 5 it refuses with 503.",
		func(s *Server, tell tell) {
			if s.options.Store.Shared() {
				tell(s.log.State().Lag.Seconds())
			}
		}},
	{"launchpad_log_silence_seconds", changes, nil, "Since when no node was seen to number the change log.",
		func(s *Server, tell tell) {
			if s.options.Store.Shared() {
				tell(s.log.State().Silence.Seconds())
			}
		}},
	{"launchpad_log_unnumbered", changes, nil, "Lines of the change log that had no number yet at the last look, up to a page of them.",
		func(s *Server, tell tell) { tell(float64(s.log.State().Waiting)) }},
	{"launchpad_key_age_seconds", changes, []string{"ring"}, "How long the key in use is in use, by ring. key_rotation says when it is replaced.",
		func(s *Server, tell tell) {
			for ring, age := range s.keys.Ages() {
				tell(age.Seconds(), string(ring))
			}
		}},
	{"launchpad_limits_redis_up", changes, nil, "Whether the Redis of limits_redis counts; 0: it does not answer, and nodes tell each other.",
		func(s *Server, tell tell) {
			if s.redis != nil {
				up, _ := s.redis.Figures()
				tell(truth(up))
			}
		}},
	{"launchpad_limits_redis_fallbacks_total", grows, nil, "Decisions that were made without the Redis of limits_redis, because it did not answer in time.",
		func(s *Server, tell tell) {
			if s.redis != nil {
				_, fallbacks := s.redis.Figures()
				tell(float64(fallbacks))
			}
		}},
	{"launchpad_passwords", changes, []string{"state"}, "Passwords that are being hashed, and those that wait for their turn.",
		func(s *Server, tell tell) {
			running, waiting, _ := s.gate.Figures()
			tell(float64(running), "running")
			tell(float64(waiting), "waiting")
		}},
	{"launchpad_passwords_refused_total", grows, nil, "Passwords that were not hashed, because too many were waiting or the wait was too long.",
		func(s *Server, tell tell) {
			_, _, refused := s.gate.Figures()
			tell(float64(refused))
		}},
	{"launchpad_sqlite_queue", changes, nil, "Facts that wait for the writer.",
		func(s *Server, tell tell) {
			if f := s.options.Store.Figures(); f.Batches != nil {
				tell(float64(f.Queued))
			}
		}},
	{"launchpad_sqlite_wal_bytes", changes, nil, "Size of the write-ahead log. It stays under some 64 MB, unless something keeps it from being copied back.",
		func(s *Server, tell tell) {
			if f := s.options.Store.Figures(); f.Batches != nil {
				tell(float64(f.WAL))
			}
		}},
	{"launchpad_postgres_connections", changes, []string{"state"}, "Connections to PostgreSQL: busy, idle, and the most that there may be.",
		func(s *Server, tell tell) {
			if pool := s.options.Store.Figures().Pool; pool != nil {
				tell(float64(pool.Busy), "busy")
				tell(float64(pool.Idle), "idle")
				tell(float64(pool.Most), "most")
			}
		}},
	{"launchpad_postgres_waits_total", grows, nil, "Times that no connection to PostgreSQL was free.",
		func(s *Server, tell tell) {
			if pool := s.options.Store.Figures().Pool; pool != nil {
				tell(float64(pool.Waits))
			}
		}},
	{"launchpad_postgres_wait_seconds_total", grows, nil, "Time spent waiting for a connection to PostgreSQL.",
		func(s *Server, tell tell) {
			if pool := s.options.Store.Figures().Pool; pool != nil {
				tell(pool.Waited.Seconds())
			}
		}},
	{"launchpad_postgres_retries_total", grows, nil, "Facts that met another one in PostgreSQL and began anew.",
		func(s *Server, tell tell) {
			if f := s.options.Store.Figures(); f.Pool != nil {
				tell(float64(f.Retries))
			}
		}},
	{"launchpad_sweep_steps_total", grows, []string{"outcome"}, "Steps of the sweep that deletes what is over: done or failed.",
		func(s *Server, tell tell) {
			failed := s.unswept.Read()
			tell(float64(s.sweeps.Read()-failed), "done")
			tell(float64(failed), "failed")
		}},
	{"launchpad_sweep_last_pass_timestamp_seconds", changes, nil, "When the sweep last came to the end of the database; 0 if it did not since the start.",
		func(s *Server, tell tell) { tell(float64(s.swept.Load())) }},
	{"launchpad_ready", changes, nil, "1 until the process is asked to end. Whether the database answers, /readyz tells.",
		func(s *Server, tell tell) { tell(truth(!s.draining.Load())) }},
	{"launchpad_build_info", changes, []string{"version", "go"}, "Always 1; the labels say what runs.",
		func(s *Server, tell tell) { tell(1, s.options.Version, goVersion()) }},
}

// spreads is the same for histograms.
var spreads = []spread{
	{"launchpad_http_request_duration_seconds", []string{"route"}, "How long requests took, from their head to the end of the answer.", nanoseconds,
		func(s *Server, tell func(*meter.Spread, ...string)) {
			told := map[*meter.Spread]bool{}
			for _, w := range s.traffic.all() {
				if !told[w.took] { // the methods of a route share one
					tell(w.took, w.route)
				}
				told[w.took] = true
			}
		}},
	{"launchpad_sqlite_commit_duration_seconds", nil, "How long commits took. This is the disk.", nanoseconds,
		func(s *Server, tell func(*meter.Spread, ...string)) {
			if f := s.options.Store.Figures(); f.Commits != nil {
				tell(f.Commits)
			}
		}},
	{"launchpad_sqlite_commit_facts", nil, "Facts that shared a commit.", 1,
		func(s *Server, tell func(*meter.Spread, ...string)) {
			if f := s.options.Store.Figures(); f.Batches != nil {
				tell(f.Batches)
			}
		}},
}

func each(tell tell) func(first, second string, n int64) {
	return func(first, second string, n int64) { tell(float64(n), first, second) }
}

func statusClass(first int) string {
	if first == 0 {
		return "none"
	}
	return strconv.Itoa(first) + "xx"
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func goVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.GoVersion
	}
	return "unknown"
}

// Metrics answers what Prometheus asks, for a listener of its own.
func (s *Server) Metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(counted{s}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(s.options.Log.Handler(), slog.LevelError)})
}

// counted reads both lists when it is asked.
type counted struct{ *Server }

// Describe says nothing: what there is depends on the engine and on what happened.
func (counted) Describe(chan<- *prometheus.Desc) {}

// Collect reads the numbers.
func (c counted) Collect(out chan<- prometheus.Metric) {
	for _, f := range figures {
		desc := prometheus.NewDesc(f.name, f.help, f.labels, nil)
		f.read(c.Server, func(value float64, labels ...string) {
			out <- prometheus.MustNewConstMetric(desc, f.kind, value, labels...)
		})
	}
	for _, d := range spreads {
		desc := prometheus.NewDesc(d.name, d.help, d.labels, nil)
		d.read(c.Server, func(s *meter.Spread, labels ...string) {
			count, sum, atMost := s.Read()
			buckets := make(map[float64]uint64, len(atMost))
			for bound, n := range atMost {
				buckets[float64(bound)*d.scale] = n
			}
			out <- prometheus.MustNewConstHistogram(desc, count, float64(sum)*d.scale, buckets, labels...)
		})
	}
}
