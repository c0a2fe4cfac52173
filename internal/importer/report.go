package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"launchpad/internal/core"
)

// Kinds of rows, in the order in which they come.
const (
	kindPerson = "person"
	kindMember = "membership"
	kindApp    = "app"
	kindToken  = "token"
)

var kinds = []string{kindPerson, kindMember, kindApp, kindToken}

var plural = map[string]string{kindPerson: "people", kindMember: "memberships", kindApp: "apps", kindToken: "tokens"}

// Reasons that more than one kind has.
const (
	reasonPerson = "its person did not come"
	reasonGone   = "its person is locked or gone here"
	reasonLost   = "something else here kept changing what it stands on"
)

// Counts is what became of the rows of a kind.
type Counts struct {
	Read       int `json:"read"`
	New        int `json:"new"`
	Here       int `json:"here_already"`
	NotBrought int `json:"not_brought"`
	Ended      int `json:"ended_since,omitempty"` // came earlier, and the source revoked them since
}

// Line is what is to be said of one row: why it was not brought, or what was left out of it.
type Line struct {
	Kind    string `json:"kind"`
	Key     string `json:"key"`
	Brought bool   `json:"brought"`
	Reason  string `json:"reason"`
}

// examples is how many keys of a reason are kept for the summary; the file has them all.
const examples = 5

type reason struct {
	kind    string
	brought bool
	text    string
}

type told struct {
	times int
	keys  []string
}

// Report is told what becomes of every row. Memory holds counts; the lines go to a file as they come.
type Report struct {
	Progress func(kind string, done, total int) // called after each batch; done is total at the end

	counts  map[string]*Counts
	reasons map[reason]*told
	left    []string
	profile core.Profile // of the apps; "": none were to come
	total   map[string]int
	lines   io.Writer
	written int
	failed  error
}

// NewReport makes one that writes JSON to a file, if there is one: {"rows": […], "counts": {…}}.
func NewReport(file io.Writer) *Report {
	r := &Report{Progress: func(string, int, int) {}, counts: map[string]*Counts{}, reasons: map[reason]*told{}, total: map[string]int{}, lines: file}
	r.write(`{"rows": [`)
	return r
}

func (r *Report) write(text string) {
	if r.lines != nil && r.failed == nil {
		_, r.failed = io.WriteString(r.lines, text)
	}
}

// Close ends the file.
func (r *Report) Close() error {
	rest, err := json.Marshal(struct {
		Counts  map[string]*Counts `json:"counts"`
		LeftOut []string           `json:"left_out,omitempty"`
		Profile core.Profile       `json:"profile,omitempty"`
	}{r.counts, r.left, r.profile})
	r.write("\n], " + strings.TrimPrefix(string(rest), "{") + "\n")
	return errors.Join(err, r.failed)
}

func (r *Report) leftOut(what []string) { r.left = what }

func (r *Report) begin(kind string, total int) {
	r.total[kind] = total
	r.of(kind)
	r.Progress(kind, 0, total)
}

func (r *Report) advance(kind string, rows int) {
	r.of(kind).Read += rows
	r.Progress(kind, r.of(kind).Read, max(r.total[kind], r.of(kind).Read+1))
}

func (r *Report) end(kind string) { r.Progress(kind, r.of(kind).Read, r.of(kind).Read) }

func (r *Report) of(kind string) *Counts {
	if r.counts[kind] == nil {
		r.counts[kind] = &Counts{}
	}
	return r.counts[kind]
}

func (r *Report) here(kind string) { r.of(kind).Here++ }

func (r *Report) refuse(kind, key, why string) {
	r.of(kind).NotBrought++
	r.line(Line{kind, key, false, why})
}

func (r *Report) line(l Line) {
	why := reason{l.Kind, l.Brought, l.Reason}
	if r.reasons[why] == nil {
		r.reasons[why] = &told{}
	}
	t := r.reasons[why]
	t.times++
	if len(t.keys) < examples {
		t.keys = append(t.keys, l.Key)
	}
	text, err := json.Marshal(l)
	r.failed = errors.Join(r.failed, err)
	if r.written++; r.written > 1 {
		r.write(",")
	}
	r.write("\n" + string(text))
}

// brought counts what is new, for the change log.
func (r *Report) brought() map[string]int {
	n := map[string]int{}
	for kind, counts := range r.counts {
		n[plural[kind]] = counts.New
	}
	return n
}

// Counts tells what became of the rows of each kind.
func (r *Report) Counts() map[string]Counts {
	all := map[string]Counts{}
	for kind, counts := range r.counts {
		all[plural[kind]] = *counts
	}
	return all
}

// Summarize writes what a person wants to read at the end.
func (r *Report) Summarize(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tread\tnew\there already\tnot brought\tended since\t")
	for _, kind := range kinds {
		if c := r.counts[kind]; c != nil {
			fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t\n", plural[kind], c.Read, c.New, c.Here, c.NotBrought, c.Ended)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	r.explain(out, "\nNot brought:", false)
	r.explain(out, "\nBrought, but:", true)
	for _, what := range r.left {
		fmt.Fprintln(out, "\nNever brought:", what)
	}
	if r.profile != "" {
		fmt.Fprintf(out, "\nNew apps have the profile %s.\n", r.profile)
	}
	if r.profile == core.ProfileDraft5 {
		fmt.Fprint(out, wayForward)
	}
	return nil
}

// wayForward names what the profile oauth2 does not understand; see core.OldWays.
const wayForward = `It understands what older servers took, and requests of today as well. What apps still do in old ways is counted. Some weeks on,
  launchpad policy dry-run --require no-draft5,no-query-credentials,no-query-tokens,no-token-schemes,pkce
lists those that may need it; an operator can give all others the profile oauth2, on their pages.
`

func (r *Report) explain(out io.Writer, title string, brought bool) {
	var list []reason
	for why := range r.reasons {
		if why.brought == brought {
			list = append(list, why)
		}
	}
	slices.SortFunc(list, func(a, b reason) int {
		return strings.Compare(fmt.Sprint(slices.Index(kinds, a.kind), a.text), fmt.Sprint(slices.Index(kinds, b.kind), b.text))
	})
	for n, why := range list {
		if n == 0 {
			fmt.Fprintln(out, title)
		}
		t := r.reasons[why]
		more := ""
		if t.times > len(t.keys) {
			more = ", …"
		}
		fmt.Fprintf(out, "  %d × %s: %s (%s%s)\n", t.times, why.kind, why.text, strings.Join(t.keys, ", "), more)
	}
}

// draft is what a batch would report: it counts once the batch is written.
type draft struct {
	report *Report
	kind   string
	counts Counts
	lines  []Line
}

func (r *Report) draft(kind string) *draft { return &draft{report: r, kind: kind} }

func (d *draft) reset() { d.counts, d.lines = Counts{}, nil }

func (d *draft) here() { d.counts.Here++ }

func (d *draft) ended(n int) { d.counts.Ended += n }

// brought counts a row that comes; note says what is to be known about it, if anything.
func (d *draft) brought(key, note string) {
	d.counts.New++
	if note != "" {
		d.lines = append(d.lines, Line{d.kind, key, true, note})
	}
}

// refuse counts a row that does not come. It is false, for those who have to say so.
func (d *draft) refuse(key, why string) bool {
	d.counts.NotBrought++
	d.lines = append(d.lines, Line{d.kind, key, false, why})
	return false
}

func (d *draft) keep() {
	c := d.report.of(d.kind)
	c.New += d.counts.New
	c.Here += d.counts.Here
	c.NotBrought += d.counts.NotBrought
	c.Ended += d.counts.Ended
	for _, l := range d.lines {
		d.report.line(l)
	}
	d.reset()
}
