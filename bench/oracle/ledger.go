package oracle

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"launchpad/bench/drive"
)

// life of something as the journals tell it.
type life int

const (
	unsure life = iota // the request that would have decided it is unknown
	live
	ended
)

func (l life) String() string { return [...]string{"unsure", "live", "ended"}[l] }

// Kinds of violations.
const (
	Lost       = "lost"       // acknowledged and gone
	revived    = "revived"    // acknowledged as ended and back
	unstable   = "unstable"   // asked twice, answered differently
	doubled    = "doubled"    // two answers where there is one
	unanswered = "unanswered" // a question that got no answer, or none that makes sense
	corrupt    = "corrupt"    // the database file
)

type violation struct {
	kind    string
	cycle   int
	subject string
	text    string
}

func (v violation) String() string {
	return fmt.Sprintf("%s in cycle %d: %s: %s", v.kind, v.cycle, v.subject, v.text)
}

// ledger is what follows from the journals. learn is called from several goroutines; a subject itself is only ever
// looked at by one.
type ledger struct {
	mu     sync.Mutex
	cycle  int
	facts  drive.Facts
	offset map[string]int64 // how far each journal was read

	apps     map[string]drive.App // by client_id
	families map[string]*family
	bearers  map[string]*bearer // access tokens by their text
	pages    map[string]*appPage
	personal map[string]*personal
	consents map[string]*consented // by client_id
	sessions map[string]*session
	signIns  int

	acked, unknowns map[act]int
	subject         string // of every token, once it is known
	faults          int    // 5xx answers
	before          int    // sum of acked at the last news
	violations      []violation
	loud            int // how many violations, and how many faults, are printed when they are found
}

func newLedger(facts drive.Facts) *ledger {
	l := &ledger{
		facts: facts, offset: map[string]int64{}, apps: map[string]drive.App{},
		families: map[string]*family{}, bearers: map[string]*bearer{}, pages: map[string]*appPage{},
		personal: map[string]*personal{}, consents: map[string]*consented{}, sessions: map[string]*session{},
		acked: map[act]int{}, unknowns: map[act]int{}, loud: loudest,
	}
	for _, app := range []drive.App{facts.Apps.Web, facts.Apps.Public, facts.Apps.Machine} {
		l.apps[app.ClientID] = app
	}
	return l
}

// lessons is what each act teaches.
var lessons = map[act]func(l *ledger, asked, outcome entry){
	authorize:      (*ledger).learnAuthorize,
	redeem:         (*ledger).learnRedeem,
	replay:         (*ledger).learnEndOfFamily,
	refresh:        (*ledger).learnRefresh,
	issue:          (*ledger).learnIssue,
	call:           func(*ledger, entry, entry) {}, // nothing but that it must not be refused
	revokeRefresh:  (*ledger).learnEndOfFamily,
	revokeAccess:   (*ledger).learnEndOfBearer,
	registerApp:    (*ledger).learnApp,
	createPersonal: (*ledger).learnPersonal,
	revokePersonal: (*ledger).learnEndOfPersonal,
	consent:        (*ledger).learnConsent,
	signIn:         (*ledger).learnSignIn,
	signOut:        (*ledger).learnSignOut,
}

// read takes in what the clients' journals have got since the last time.
func (l *ledger) read(dir string) error {
	names, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read journals: %w", err)
	}
	for _, name := range names {
		path := filepath.Join(dir, name.Name())
		if l.offset[path], err = readJournal(path, l.offset[path], l.learn); err != nil {
			return err
		}
	}
	return nil
}

// learn takes in one request. Clients only ask for what is their right, so a refusal is a loss: something that the
// request rests on is gone.
func (l *ledger) learn(asked, outcome entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch outcome.Phase {
	case ack:
		l.acked[asked.Act]++
	case unknown:
		l.unknowns[asked.Act]++
	case refused:
		if !asked.MayRefuse {
			l.violateLocked(kindOfRefusal(asked.Act), asked.Subject, fmt.Sprintf("%s: %s", asked.Act, outcome.Why))
		}
	}
	lessons[asked.Act](l, asked, outcome)
}

// noteFault counts an answer that says that the server could not. Nothing is lost by it, but somebody should know.
func (l *ledger) noteFault(who string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.faults++; l.faults <= l.loud {
		fmt.Fprintf(os.Stderr, "5xx in cycle %d, to %s: %v\n", l.cycle, who, err)
	}
}

func kindOfRefusal(a act) string {
	if a == replay {
		return doubled
	}
	return Lost
}

func (l *ledger) violate(kind, subject, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.violateLocked(kind, subject, text)
}

// How much is printed, and how little where findings are wanted.
const (
	loudest  = 20
	quietest = 2
)

func (l *ledger) violateLocked(kind, subject, text string) {
	v := violation{kind, l.cycle, subject, text}
	if l.violations = append(l.violations, v); len(l.violations) <= l.loud {
		fmt.Fprintln(os.Stderr, "VIOLATION:", v)
	}
}

// news says how much has been acknowledged since the last time.
func (l *ledger) news() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	acked := 0
	for _, n := range l.acked {
		acked += n
	}
	fresh := acked - l.before
	l.before = acked
	return fmt.Sprintf("%d facts acknowledged", fresh)
}

// settled gives the life after an act that ends something.
func settled(outcome entry) life {
	if outcome.Phase == ack {
		return ended
	}
	return unsure
}

// app finds an app by its client_id.
func (l *ledger) app(clientID string) drive.App {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.apps[clientID]
}

// bearer finds an access token.
func (l *ledger) bearer(token string) *bearer {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bearers[token]
}

// person is the subject of every token: the demo has one. The first answer names it.
func (l *ledger) person(heard string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.subject == "" {
		l.subject = heard
	}
	return l.subject
}
