package main

import (
	"fmt"
	"io"
)

// sizes is the report of -size.
type sizes struct {
	host  string
	lines []sizeLine
}

type sizeLine struct {
	title, figure, budget string
	ok                    bool
}

func (s *sizes) add(title, figure, budget string, ok bool) {
	progress("%s: %s", title, figure)
	s.lines = append(s.lines, sizeLine{title, figure, budget, ok})
}

// print reports whether every budget was kept.
func (s *sizes) print(w io.Writer) bool {
	fmt.Fprintf(w, "%s\n", s.host)
	tableHead(w, []string{"What", "Figure", "At most", ""})
	all := true
	for _, line := range s.lines {
		said := "ok"
		if !line.ok {
			said, all = "OVER", false
		}
		tableRow(w, line.title, line.figure, line.budget, said)
	}
	return all
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/megabyte) }
