package oracle

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"launchpad/bench/drive"
)

// checker asks the server about what the ledger holds.
type checker struct {
	ledger *ledger
	desks  []*desk
	rand   *rand.Rand
	sample int
	asked  atomic.Int64
}

// desk is one of those who ask, with a journal of its own for what it changes.
type desk struct {
	*client
	ledger *ledger
	asked  *atomic.Int64
}

// desks ask side by side.
const desks = 4

func newChecker(l *ledger, facts drive.Facts, dir string, o Options) (*checker, error) {
	k := &checker{ledger: l, rand: rand.New(rand.NewPCG(o.Seed, 1<<32)), sample: o.Sample}
	for i := range desks {
		c, err := openClient(fmt.Sprintf("desk-%d", i), facts, dir, o.Seed, uint64(1<<32+1+i))
		if err != nil {
			return k, err
		}
		c.heard = l.learn
		k.desks = append(k.desks, &desk{client: c, ledger: l, asked: &k.asked})
		if err := c.signIn(c.subject(), c.facts.Identity, c.browser); err != nil {
			return k, fmt.Errorf("open checker: %w", err)
		}
	}
	return k, nil
}

func (k *checker) close() {
	for _, d := range k.desks {
		d.close()
	}
}

// question is about one subject.
type question struct {
	about string
	cycle int // that last touched the subject
	ask   func(*desk)
}

// cycle asks about everything that this cycle touched and a sample of the rest, and says how many questions it took.
func (k *checker) cycle(ctx context.Context) int64 {
	all := k.questions()
	var chosen, older []question
	for _, q := range all {
		if q.cycle == k.ledger.cycle {
			chosen = append(chosen, q)
		} else {
			older = append(older, q)
		}
	}
	k.rand.Shuffle(len(older), func(i, j int) { older[i], older[j] = older[j], older[i] })
	return k.ask(ctx, append(chosen, older[:min(k.sample, len(older))]...))
}

// everything asks about all subjects.
func (k *checker) everything(ctx context.Context) int64 { return k.ask(ctx, k.questions()) }

// questions lists one for each subject, always in the same order: what depends on chance should depend on the seed.
func (k *checker) questions() []question {
	l := k.ledger
	var list []question
	inFamily := map[*bearer]bool{}
	for id, f := range l.families {
		list = append(list, question{id, f.cycle, func(d *desk) { d.family(f) }})
		for _, b := range f.tokens {
			inFamily[b] = true
		}
	}
	for token, b := range l.bearers {
		if !inFamily[b] {
			list = append(list, question{"token " + token, b.cycle, func(d *desk) { d.bearer("machine token", b) }})
		}
	}
	for id, p := range l.pages {
		list = append(list, question{"app " + id, p.cycle, func(d *desk) { d.app(p) }})
	}
	for id, c := range l.consents {
		list = append(list, question{"consent " + id, c.cycle, func(d *desk) { d.consented(c) }})
	}
	for id, s := range l.sessions {
		if l.pushedOut(s) {
			continue
		}
		list = append(list, question{"session " + id, s.cycle, func(d *desk) { d.session(s) }})
	}
	// Codes that nobody redeemed come first: they live 60 seconds.
	slices.SortFunc(list, func(a, b question) int {
		fa, fb := l.families[a.about], l.families[b.about]
		return cmp.Or(cmp.Compare(urgency(fa), urgency(fb)), cmp.Compare(a.about, b.about))
	})
	return list
}

func urgency(f *family) int {
	if f != nil && f.redeemed != redeemed {
		return 0
	}
	return 1
}

// ask puts the questions to the server, several at a time. Each desk takes every n-th, not the next: which desk asks
// must not depend on speed.
func (k *checker) ask(ctx context.Context, list []question) int64 {
	k.asked.Store(0)
	var asking sync.WaitGroup
	for i, d := range k.desks {
		d.cycle = k.ledger.cycle
		d.hangUp()
		asking.Go(func() {
			for n := i; n < len(list) && ctx.Err() == nil; n += len(k.desks) {
				list[n].ask(d)
			}
		})
	}
	asking.Wait()
	return k.asked.Load()
}

// A question is repeated while the server cannot answer, but not for ever.
const (
	patienceTries = 10
	patiencePause = 100 * time.Millisecond
)

// persist repeats what met a fault or a broken connection. What remains is a violation, and false.
func (d *desk) persist(subject, what string, attempt func() error) bool {
	var err error
	for range patienceTries {
		d.asked.Add(1)
		err = attempt()
		if err == nil || isRefusal(err) {
			return err == nil
		}
		if isFault(err) {
			d.ledger.noteFault(d.name, err)
		}
		time.Sleep(patiencePause)
	}
	d.ledger.violate(unanswered, subject, fmt.Sprintf("%s: %v", what, err))
	return false
}

// program asks as an app does and gives the answer, whatever it is.
func (d *desk) program(subject, what string, send func() (drive.Answer, error)) (drive.Answer, bool) {
	var got drive.Answer
	ok := d.persist(subject, what, func() (err error) {
		got, err = send()
		if err == nil && got.Status >= 500 {
			err = fault(got.String())
		}
		return err
	})
	return got, ok
}

// page asks as a browser does.
func (d *desk) page(subject, path string, browser *drive.Browser) (drive.Page, bool) {
	var got drive.Page
	ok := d.persist(subject, path, func() (err error) {
		got, err = browser.Get(path)
		return shown(got, err, true)
	})
	return got, ok
}

// hold compares what was promised with what is.
func (d *desk) hold(subject, what string, promised life, works bool) {
	switch {
	case promised == live && !works:
		d.ledger.violate(Lost, subject, what+" does not work")
	case promised == ended && works:
		d.ledger.violate(revived, subject, what+" works")
	}
}

// settle finds out about what is unsure: either is right, but it has to stay so.
func (d *desk) settle(subject, what string, works func() (bool, bool)) life {
	first, ok := works()
	if !ok {
		return unsure
	}
	second, ok := works()
	if !ok {
		return unsure
	}
	if first != second {
		d.ledger.violate(unstable, subject, fmt.Sprintf("%s: first %t, then %t", what, first, second))
	}
	if second {
		return live
	}
	return ended
}
