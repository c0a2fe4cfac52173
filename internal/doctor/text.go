package doctor

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Text tells a report to a person, in lines that fit a terminal of 80 columns. Colours only repeat what words say.
func (r *Report) Text(out io.Writer, colours bool) error {
	t := &text{colours: colours}
	t.line("launchpad doctor: " + r.Issuer)
	for _, api := range r.APIs {
		t.line("            with: " + api)
	}
	area := ""
	for _, c := range r.Checks {
		if c.Area != area {
			area = c.Area
			t.line("\n" + t.bold(area))
		}
		t.check(c)
	}
	t.clients(r)
	t.line("\n" + r.sum())
	_, err := io.WriteString(out, t.b.String())
	return err
}

const (
	columns = 80
	indent  = "            " // of what is said of a check, below its name
)

type text struct {
	b       strings.Builder
	colours bool
}

func (t *text) line(line string) { fmt.Fprintln(&t.b, line) }

// words of the verdicts, as narrow as they are told.
var words = map[Verdict]string{Fine: "fine", Stumbles: "stumbles", Fails: "FAILS", NotApplicable: "-"}

var colour = map[Verdict]string{Fine: "32", Stumbles: "33", Fails: "31", NotApplicable: "90"}

func (t *text) verdict(v Verdict) string {
	word := fmt.Sprintf("%-8s", words[v])
	if !t.colours {
		return word
	}
	return "\x1b[" + colour[v] + "m" + word + "\x1b[0m"
}

func (t *text) bold(s string) string {
	if !t.colours {
		return s
	}
	return "\x1b[1m" + s + "\x1b[0m"
}

// check is one line: what was found is told whole further down, if it is wrong.
func (t *text) check(c Result) {
	const head = 2 + 8 + 2 + 27 + 1
	t.line(fmt.Sprintf("  %s  %-27s %s", t.verdict(c.Verdict), c.ID, cut(printable(c.Received), columns-head)))
}

func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// printable: what was received may be anything, and a terminal obeys some of it.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == utf8.RuneError {
			return '?'
		}
		return r
	}, s)
}

// clients tells what each family stumbles over; those that stumble over the same are told together.
func (t *text) clients(r *Report) {
	told := map[string]bool{}
	for i, client := range r.Clients {
		if i > 0 && slices.ContainsFunc(r.Clients[:i], client.like) {
			continue
		}
		var alike []string
		for _, other := range r.Clients[i:] {
			if client.like(other) {
				alike = append(alike, other.Name)
			}
		}
		t.line("")
		if len(client.Over) == 0 {
			t.line(wrapped("", "Nothing to stumble over: ", strings.Join(alike, ", ")))
			continue
		}
		t.line(t.bold(wrapped("", "", strings.Join(alike, ", "))))
		for _, id := range client.Over {
			t.stumble(r.check(id), told[id])
			told[id] = true
		}
	}
}

func (c Client) like(other Client) bool { return slices.Equal(c.Over, other.Over) }

// stumble tells one thing, once in full.
func (t *text) stumble(c Result, again bool) {
	if again {
		t.line(fmt.Sprintf("  %s  %s, see above", t.verdict(c.Verdict), c.ID))
		return
	}
	t.line(fmt.Sprintf("  %s  %s", t.verdict(c.Verdict), c.ID))
	t.line(wrapped(indent, "", c.Breaks))
	t.line(wrapped(indent, "received  ", printable(c.Received)))
	t.line(wrapped(indent, "expected  ", c.Expected))
	t.line(wrapped(indent, "mend      ", c.Mend))
}

// wrapped makes a paragraph behind a label. A word that is longer than a line stays whole, so that it can be copied.
func wrapped(indent, label, paragraph string) string {
	var lines []string
	line, begun := indent+label, false
	for _, word := range strings.Fields(paragraph) {
		if begun && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns {
			lines = append(lines, line)
			line, begun = strings.Repeat(" ", utf8.RuneCountInString(indent+label)), false
		}
		if begun {
			line += " "
		}
		line, begun = line+word, true
	}
	return strings.Join(append(lines, line), "\n")
}

// sum is the last line.
func (r *Report) sum() string {
	var parts []string
	for _, v := range slices.Backward(worse) {
		n := 0
		for _, c := range r.Checks {
			if c.Verdict == v {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	return fmt.Sprintf("%d checks: %s.", len(r.Checks), strings.Join(parts, ", "))
}
