package doctor

import (
	"slices"
	"time"
)

// Verdict is what a check found.
type Verdict string

// The verdicts, from good to bad.
const (
	NotApplicable Verdict = "not applicable"
	Fine          Verdict = "fine"
	Stumbles      Verdict = "stumbles" // some clients get less, or only sometimes
	Fails         Verdict = "fails"    // some clients cannot go on, or are not safe
)

var worse = []Verdict{NotApplicable, Fine, Stumbles, Fails}

func (v Verdict) wrong() bool { return v == Stumbles || v == Fails }

// Report is what was found. Its JSON is kept stable.
type Report struct {
	Issuer   string    `json:"issuer"`
	APIs     []string  `json:"apis"`
	LookedAt time.Time `json:"looked_at"`
	Verdict  Verdict   `json:"verdict"` // the worst of all
	Checks   []Result  `json:"checks"`
	Clients  []Client  `json:"clients"`
}

// Result is what one check found. Breaks and Mend are said only of what is not fine.
type Result struct {
	ID       string   `json:"id"`
	Area     string   `json:"area"`
	Looks    string   `json:"looks_at"`
	Verdict  Verdict  `json:"verdict"`
	Received string   `json:"received"`
	Expected string   `json:"expected,omitempty"`
	Breaks   string   `json:"breaks,omitempty"`
	Mend     string   `json:"mend,omitempty"`
	Concerns []Family `json:"concerns"`
}

// Client is a family of clients, and the checks that say what it stumbles over.
type Client struct {
	ID      Family   `json:"id"`
	Name    string   `json:"name"`
	Verdict Verdict  `json:"verdict"`
	Over    []string `json:"stumbles_over"`
}

// Failed counts the checks that fail.
func (r *Report) Failed() int {
	n := 0
	for _, c := range r.Checks {
		if c.Verdict == Fails {
			n++
		}
	}
	return n
}

func (r *Report) conclude() {
	r.Verdict = Fine
	for _, family := range families {
		client := Client{ID: family.id, Name: family.name, Verdict: Fine, Over: []string{}}
		for _, c := range r.Checks {
			if !c.Verdict.wrong() || !slices.Contains(c.Concerns, family.id) {
				continue
			}
			client.Over = append(client.Over, c.ID)
			client.Verdict = worst(client.Verdict, c.Verdict)
		}
		r.Clients = append(r.Clients, client)
		r.Verdict = worst(r.Verdict, client.Verdict)
	}
}

func worst(a, b Verdict) Verdict {
	if slices.Index(worse, a) >= slices.Index(worse, b) {
		return a
	}
	return b
}

func (r *Report) check(id string) Result {
	return r.Checks[slices.IndexFunc(r.Checks, func(c Result) bool { return c.ID == id })]
}
