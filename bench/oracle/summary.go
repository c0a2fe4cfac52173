package oracle

import (
	"fmt"
	"io"
	"time"
)

// summary writes the report, in Markdown.
func (h *harness) summary(w io.Writer) {
	l := h.ledger
	if l == nil {
		return // it never came that far
	}
	engine := "SQLite"
	if h.scratch != nil {
		engine = "PostgreSQL"
	}
	fmt.Fprintf(w, "### %d %s, %s, seed %d\n\n", h.cycles, h.o.What, engine, h.o.Seed)
	fmt.Fprintf(w, "| fact | acknowledged | unknown |\n|---|---:|---:|\n")
	acked, unknowns := 0, 0
	for _, a := range everyAct {
		fmt.Fprintf(w, "| %s | %d | %d |\n", a, l.acked[a], l.unknowns[a])
		acked, unknowns = acked+l.acked[a], unknowns+l.unknowns[a]
	}
	fmt.Fprintf(w, "| **all** | **%d** | **%d** |\n\n", acked, unknowns)
	fmt.Fprintf(w, "| finding | count |\n|---|---:|\n")
	found := h.found()
	for _, kind := range []string{Lost, revived, unstable, doubled, unanswered, corrupt} {
		fmt.Fprintf(w, "| %s | %d |\n", kind, found[kind])
	}
	fmt.Fprintf(w, "| 5xx answers | %d |\n", l.faults)
	fmt.Fprintf(w, "| slowest restart until ready | %s |\n\n", h.slowest.Round(time.Millisecond))
	fmt.Fprintln(w, "Phantoms (tokens that work though no client received them) are not looked for.")
}

// found counts the violations of each kind.
func (h *harness) found() map[string]int {
	count := map[string]int{}
	if h.ledger == nil {
		return count
	}
	for _, v := range h.ledger.violations {
		count[v.kind]++
	}
	return count
}
