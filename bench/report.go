package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// verdict is how a figure stands to its budget.
func verdict(figure, budget float64, failed int) string {
	switch {
	case failed > 0:
		return "FAILED"
	case budget == 0:
		return ""
	case figure > budget:
		return "OVER"
	}
	return "ok"
}

// verdict names the p99 if that alone is over.
func (m measured) verdict(budget float64) string {
	said := verdict(m.ratios().median, budget, m.failed())
	if late := verdict(m.tails().median, m.tail, 0); good(said) && !good(late) {
		return "p99 " + late
	}
	return said
}

func good(verdict string) bool { return verdict == "ok" || verdict == "" }

// reportSpeed prints the tables and reports whether every budget was kept.
func reportSpeed(w io.Writer, b *bench, host string, list []measured, waits []wait) bool {
	fmt.Fprintf(w, "%s\n", host)
	all := true
	if len(list) > 0 {
		all = b.reportRatios(w, list)
	}
	if len(waits) > 0 {
		all = reportWaits(w, waits) && all
	}
	return all
}

func (b *bench) reportRatios(w io.Writer, list []measured) bool {
	fmt.Fprintf(w, `CPU is user + system time of the server, and of PostgreSQL where used, for each operation. The ratio compares each
round with the floor's round beside it: the median of %d rounds of %d requests, and the least and most. Rates and
latencies are medians of the rounds, floor → Launchpad, of a closed loop that shares the cores with the servers.
A code flow is two requests, GET /oauth/authorize (signed in, consent remembered) and POST /oauth/token; it is
compared with one request to the floor. Of the gateway's calls, with %d tokens by Zipf (s = %.1f), each %dth has a
token never seen before. Where the p99 is judged, too, it is its ratio to the floor's, round by round.

`, b.settings.rounds, b.settings.requests, knownTokens, zipfSkew, unseenEach)
	columns := []string{"Operation", "Connections", "CPU, µs", "Ratio (least–most)", "At most", "", "Rate, 1/s", "p50, ms", "p99, ms", "p99 ratio", "At most", "Failed"}
	tableHead(w, columns)
	all := true
	for _, m := range list {
		budget := m.budget
		if _, embedded := b.storage.(sqlite); m.sqliteOnly && !embedded {
			budget = 0
		}
		r := m.ratios()
		said, late := m.verdict(budget), m.tails()
		all = all && good(said)
		tableRow(w, m.title, fmt.Sprint(m.connections), m.cpuText(), fmt.Sprintf("**%.2f** (%.2f–%.2f)", r.median, r.least, r.most),
			budgetText(budget), said, m.arrow("%.0f", func(r round) float64 { return r.rate }),
			m.arrow("%.2f", func(r round) float64 { return millis(r.p50) }), m.arrow("%.2f", func(r round) float64 { return millis(r.p99) }),
			fmt.Sprintf("%.2f (%.2f–%.2f)", late.median, late.least, late.most), budgetText(m.tail), fmt.Sprint(m.failed()))
	}
	fmt.Fprintln(w)
	return all
}

// cpuText names the part of the database, if there is one.
func (m measured) cpuText() string {
	text := m.arrow("%.1f", func(r round) float64 { return micros(r.cpu) })
	if database := over(m.launchpad, func(r round) float64 { return micros(r.database) }).median; database > 0 {
		text += fmt.Sprintf(" (PostgreSQL %.1f)", database)
	}
	return text
}

func (m measured) arrow(format string, figure func(round) float64) string {
	return fmt.Sprintf(format+" → "+format, over(m.floor, figure).median, over(m.launchpad, figure).median)
}

func reportWaits(w io.Writer, waits []wait) bool {
	r := over(waits, func(w wait) float64 { return float64(w.refresh) / float64(w.bare) })
	said := verdict(r.median, durableBudget, 0)
	middle := func(figure func(wait) time.Duration) string {
		return fmt.Sprintf("%.2f", over(waits, func(w wait) float64 { return millis(figure(w)) }).median)
	}
	tableHead(w, []string{"With one connection", "Bare committed UPDATE, p50, ms", "Refresh, p50, ms", "Ratio (least–most)", "At most", ""})
	tableRow(w, "refresh, acknowledged durable", middle(func(w wait) time.Duration { return w.bare }), middle(func(w wait) time.Duration { return w.refresh }),
		fmt.Sprintf("**%.2f** (%.2f–%.2f)", r.median, r.least, r.most), budgetText(durableBudget), said)
	return good(said)
}

func budgetText(budget float64) string {
	if budget == 0 {
		return "–"
	}
	return strconv.FormatFloat(budget, 'f', -1, 64)
}

func tableHead(w io.Writer, columns []string) {
	tableRow(w, columns...)
	fmt.Fprintln(w, strings.Repeat("|---", len(columns))+"|")
}

func tableRow(w io.Writer, cells ...string) {
	fmt.Fprintln(w, "| "+strings.Join(cells, " | ")+" |")
}
