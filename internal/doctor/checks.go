package doctor

import "fmt"

// Check is one thing that is looked at.
type Check struct {
	ID       string
	Area     string
	Looks    string   // what has to be so
	Concerns []Family // who stumbles if it is not
	Worst    Verdict  // how bad that is
	Breaks   string   // what happens to them
	Mend     string

	see func(*look) finding
}

// areas in the order in which they are looked at and told.
var areas = []struct {
	name   string
	checks []Check
}{
	{"Discovery", discoveryChecks},
	{"Keys", keyChecks},
	{"Token endpoint", tokenChecks},
	{"Registration", registrationChecks},
	{"Authorization page", authorizeChecks},
	{"APIs", apiChecks},
	{"Other origins (CORS)", corsChecks},
	{"TLS, clock and HTTP", connectionChecks},
	{"Proxies in front", proxyChecks},
}

// Checks lists every check in the order of the report.
func Checks() []Check {
	var list []Check
	for _, area := range areas {
		for _, c := range area.checks {
			c.Area = area.name
			list = append(list, c)
		}
	}
	return list
}

// finding is what a check saw.
type finding struct {
	verdict            Verdict // empty: as bad as the check can be
	received, expected string
}

func good(format string, args ...any) finding {
	return finding{verdict: Fine, received: fmt.Sprintf(format, args...)}
}

func without(format string, args ...any) finding {
	return finding{verdict: NotApplicable, received: fmt.Sprintf(format, args...)}
}

func bad(received, expected string) finding {
	return finding{received: received, expected: expected}
}

func (c Check) result(l *look) Result {
	f := c.see(l)
	r := Result{ID: c.ID, Area: c.Area, Looks: c.Looks, Verdict: f.verdict, Received: f.received, Expected: f.expected, Concerns: c.Concerns}
	if r.Verdict == "" {
		r.Verdict = c.Worst
	}
	if r.Verdict.wrong() {
		r.Breaks, r.Mend = c.Breaks, c.Mend
	}
	return r
}
