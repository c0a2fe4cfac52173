package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"launchpad/bench/drive"
	"launchpad/internal/secret"
)

// load makes strings of every kind and uses each at random moments of its life.
type load struct {
	facts   drive.Facts
	robot   drive.App // its tokens are JWTs
	nodes   []*drive.Client
	browser *drive.Browser
	party   *party

	over    <-chan struct{} // the load is; what is under way is checked at once
	running sync.WaitGroup
	mu      sync.Mutex
	checks  map[string]int             // by what was checked
	kids    map[string]map[string]bool // by kind of string
	wrong   []string
	late    int // answers that came too late to count
	none    int // requests that had no answer, or were told to come again
}

func newLoad(facts drive.Facts) (*load, error) {
	browser, err := drive.NewBrowser(facts.Issuer, "")
	if err != nil {
		return nil, err
	}
	l := &load{facts: facts, browser: browser, checks: map[string]int{}, kids: map[string]map[string]bool{}}
	l.add(facts.Issuer)
	if err := browser.SignIn(facts); err != nil {
		return nil, err
	}
	if l.robot, err = browser.RegisterJWT(facts); err != nil {
		return nil, err
	}
	l.party = newParty(facts.Issuer)
	// The person consents once to both apps, so that codes cost two requests.
	for _, app := range []drive.App{facts.Apps.Web, facts.Apps.Public} {
		if _, err := browser.Authorize(app); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *load) add(address string) { l.nodes = append(l.nodes, drive.NewClient(address)) }

func (l *load) node() *drive.Client { return l.nodes[rand.N(len(l.nodes))] }

// How often each kind of string is made.
const (
	tokenEvery   = 20 * time.Millisecond
	codeEvery    = 80 * time.Millisecond
	consentEvery = 200 * time.Millisecond
)

// run goes on until every kind of string was made with so many keys, one after the other.
func (l *load) run(ctx context.Context, rotations int) error {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(rotations+1)*slowest)
	defer cancel()
	l.over = ctx.Done()
	l.often(ctx, tokenEvery, func() { l.machine(l.facts.Apps.Machine, "sealed") })
	l.often(ctx, tokenEvery, func() { l.machine(l.robot, "JWT") })
	l.often(ctx, codeEvery, func() { l.person(l.facts.Apps.Web) })
	l.often(ctx, consentEvery, l.slowPerson)
	l.running.Go(func() { l.party.fetch(ctx, l) })
	tick := time.NewTicker(tokenEvery)
	defer tick.Stop()
	for ctx.Err() == nil && l.rotated() < rotations {
		<-tick.C
	}
	err := ctx.Err()
	cancel()
	l.running.Wait()
	if err != nil {
		return fmt.Errorf("every key was replaced only %d times: %w", l.rotated(), err)
	}
	return nil
}

// rotated is how often the key was replaced that was replaced the fewest times.
func (l *load) rotated() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	fewest := math.MaxInt
	for _, kind := range kinds {
		fewest = min(fewest, len(l.kids[kind])-1)
	}
	return fewest
}

// often starts something again and again until ctx ends, and then waits for all of it.
func (l *load) often(ctx context.Context, pause time.Duration, do func()) {
	l.running.Go(func() {
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				l.running.Go(do)
			}
		}
	})
}

// margin is what is taken off a life: times in tokens are whole seconds, and answers take a while.
const margin = 1500 * time.Millisecond

// sometime waits for a random moment of what is left until an end.
func (l *load) sometime(end time.Time) {
	select {
	case <-time.After(rand.N(max(time.Millisecond, time.Until(end)))):
	case <-l.over:
	}
}

// machine gets a token for an app itself, and uses it.
func (l *load) machine(app drive.App, format string) {
	end := time.Now().Add(life - margin)
	a, err := l.node().Issue(app)
	if l.expect("issued "+format, a, err, end) {
		l.use(app, a.Access, format, end)
	}
}

// use checks an access token twice, at random moments, at random nodes.
func (l *load) use(app drive.App, token, format string, end time.Time) {
	l.saw(token)
	for range 2 {
		l.sometime(end)
		a, err := l.node().Call(token, l.facts.Accounts[0].Slug)
		l.expect(format+" token at the gateway", a, err, end)
		if a, err = l.node().Introspect(app, token); err == nil && !a.Active {
			a.Status, a.Code = 0, "inactive"
		}
		l.expect(format+" token introspected", a, err, end)
		if format == "JWT" {
			offline, err := l.party.verify(token)
			l.expect("JWT verified by a relying party", offline, err, end)
		}
	}
}

// person authorizes an app, which redeems the code late and refreshes three times, late.
func (l *load) person(app drive.App) {
	end := time.Now().Add(life - margin)
	code, err := l.browser.Authorize(app)
	if !l.expect("authorized", drive.Answer{Status: 200}, err, end) {
		return
	}
	l.redeem(app, code, end)
}

func (l *load) redeem(app drive.App, code string, end time.Time) {
	l.saw(code)
	l.sometime(end)
	sent := time.Now()
	a, err := l.node().Redeem(app, code)
	for n := 0; l.expect([]string{"code redeemed", "refreshed"}[min(n, 1)], a, err, end); n++ {
		end = sent.Add(life - margin)
		l.saw(a.Refresh)
		l.running.Go(func() { l.use(app, a.Access, "sealed", end) })
		if n == 3 {
			return
		}
		l.sometime(end)
		sent = time.Now()
		a, err = l.node().Refresh(app, a.Refresh)
	}
}

// slowPerson takes a while over the consent page.
func (l *load) slowPerson() {
	app := l.facts.Apps.Web
	page, err := l.browser.Follow(l.browser.Get(app.AuthorizationRequest(url.Values{"prompt": {"consent"}})))
	end := time.Now().Add(3 * every)
	var form drive.Form
	if err == nil {
		form, err = page.ConsentForm("")
	}
	if !l.expect("consent page opened", drive.Answer{Status: 200}, err, end) {
		return
	}
	l.saw(form.Values.Get("i"))
	l.sometime(end)
	sent := time.Now()
	page, err = l.browser.Follow(l.browser.Send(form))
	if err == nil && page.Code() == "" {
		err = drive.Unexpected{Page: page, Want: "a code"}
	}
	if l.expect("consent page answered", drive.Answer{Status: 200}, err, sent.Add(time.Minute)) {
		l.redeem(app, page.Code(), sent.Add(life-margin))
	}
}

// expect counts a check. What was answered after the end of a life proves nothing.
func (l *load) expect(what string, a drive.Answer, err error, end time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil && a.OK() {
		l.checks[what]++
		return true
	}
	switch {
	case unanswered(a, err):
		l.none++
		return false
	case time.Now().After(end.Add(margin / 3)):
		l.late++
		return false
	}
	text := fmt.Sprintf("%s: %s %v", what, a, err)
	if l.wrong = append(l.wrong, text); len(l.wrong) <= 20 {
		fmt.Fprintln(os.Stderr, "VIOLATION:", text)
	}
	return false
}

// unanswered: a machine that is too busy says nothing about a string.
func unanswered(a drive.Answer, err error) bool {
	if page, ok := errors.AsType[drive.Unexpected](err); ok {
		return page.Status >= http.StatusInternalServerError
	}
	_, broken := errors.AsType[*url.Error](err)
	return broken || errors.Is(err, io.ErrUnexpectedEOF) || a.Status == http.StatusServiceUnavailable
}

// sealedKinds by prefix.
var sealedKinds = map[secret.Prefix]string{
	secret.AccessToken: "access tokens", secret.RefreshToken: "refresh tokens", secret.Code: "codes", secret.Interaction: "interactions",
}

// kinds of strings, as they are reported.
var kinds = []string{"access tokens", "JWTs", "refresh tokens", "codes", "interactions"}

// kidOf reads which key a string was made with.
func kidOf(s string) (kind, kid string) {
	for prefix, kind := range sealedKinds {
		if raw, ok := secret.Decode(prefix, s); ok && len(raw) > 5 {
			return kind, hex.EncodeToString(raw[1:5])
		}
	}
	head, _, _ := strings.Cut(s, ".")
	var header struct{ Kid string }
	if text, err := base64.RawURLEncoding.DecodeString(head); err == nil && json.Unmarshal(text, &header) == nil {
		return "JWTs", header.Kid
	}
	return "unreadable", s
}

func (l *load) saw(s string) {
	kind, kid := kidOf(s)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kids[kind] == nil {
		l.kids[kind] = map[string]bool{}
	}
	l.kids[kind][kid] = true
}

// report writes the counts, in Markdown, and tells whether anything is wrong.
func (l *load) report(w io.Writer, o options, longest time.Duration) (good bool) {
	good = true
	engine := "SQLite"
	if o.database != "" {
		engine = "PostgreSQL, two nodes"
	}
	fmt.Fprintf(w, "### Keys replaced every %s under load, %s\n\n| what | count |\n|---|---:|\n", every, engine)
	for _, kind := range kinds {
		fmt.Fprintf(w, "| keys that made %s | %d |\n", kind, len(l.kids[kind]))
	}
	for _, what := range order {
		fmt.Fprintf(w, "| %s | %d |\n", what, l.checks[what])
		good = good && l.checks[what] > 0
	}
	fmt.Fprintf(w, "| not answered, or told to come again | %d |\n| answered after its life, not counted | %d |\n| **good, but refused** | **%d** |\n", l.none, l.late, len(l.wrong))
	fmt.Fprintf(w, "| keys revoked by command | %d |\n| longest until all nodes refused | %s |\n", 2*o.revocations, longest.Round(time.Millisecond))
	return good && len(l.wrong) == 0 && longest <= time.Second
}

// order of the report's lines; each of these checks must have been made.
var order = []string{
	"issued sealed", "issued JWT", "authorized", "code redeemed", "refreshed", "sealed token at the gateway", "sealed token introspected",
	"JWT token at the gateway", "JWT token introspected", "JWT verified by a relying party", "consent page opened", "consent page answered",
}
