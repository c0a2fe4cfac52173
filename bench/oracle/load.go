package oracle

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"launchpad/bench/drive"
)

// turn is one round of a client's work. It is repeated until disaster strikes.
type turn func() error

// loads is who works, how many of each, and how a cycle of theirs begins. known are the living families that the
// client made in earlier cycles.
var loads = []struct {
	name  string
	count int
	begin func(c *client, known []family) turn
}{
	{"code", 2, beginCodes},
	{"chain", 2, beginChain},
	{"machine", 1, beginMachine},
	{"personal", 1, beginPersonal},
	{"consent", 1, beginConsent},
	{"visitor", 1, beginVisitor},
}

// openClients opens them all, signs each one's browser in, and gives the confidential app its consent once.
func openClients(facts drive.Facts, dir string, seed uint64) ([]*client, error) {
	var list []*client
	for _, l := range loads {
		for i := range l.count {
			c, err := openClient(fmt.Sprintf("%s-%d", l.name, i), facts, dir, seed, uint64(len(list)+1))
			if err != nil {
				return list, err
			}
			list = append(list, c)
			if err := c.signIn(c.subject(), c.facts.Identity, c.browser); err != nil {
				return list, fmt.Errorf("open client %s: %w", c.name, err)
			}
		}
	}
	if _, err := list[0].consent(facts.Apps.Web, "", facts.Apps.Web.AuthorizationRequest(nil)); err != nil {
		return list, fmt.Errorf("first consent: %w", err)
	}
	return list, nil
}

// beginOf finds how a client works.
func beginOf(c *client) func(*client, []family) turn {
	for _, l := range loads {
		for i := range l.count {
			if c.name == fmt.Sprintf("%s-%d", l.name, i) {
				return l.begin
			}
		}
	}
	panic("no load for client " + c.name)
}

// runLoad lets the clients work for a while, lets the disaster strike the server under them, and waits until they have
// noticed.
func runLoad(ctx context.Context, clients []*client, l *ledger, cycle int, long time.Duration, strike func() error) error {
	var (
		working sync.WaitGroup
		struck  atomic.Bool
		ends    = make([]error, len(clients))
	)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for i, c := range clients {
		c.cycle = cycle
		c.hangUp()
		work := beginOf(c)(c, l.living(c))
		working.Go(func() { ends[i] = c.work(ctx, l, work, &struck) })
	}
	select {
	case <-time.After(long):
	case <-ctx.Done():
	}
	struck.Store(true)
	err := strike()
	stop()
	working.Wait()
	return errors.Join(append(ends, err)...)
}

// pauseAfterFault keeps a client from spinning on a server that cannot answer just now.
const pauseAfterFault = 10 * time.Millisecond

// work repeats a turn. A refusal ends it, and so does a broken connection unless disaster struck: else a client
// that gave up early would look like a client that found nothing.
func (c *client) work(ctx context.Context, l *ledger, work turn, struck *atomic.Bool) error {
	for ctx.Err() == nil {
		err := work()
		switch {
		case err == nil:
		case isFault(err):
			l.noteFault(c.name, err)
			time.Sleep(pauseAfterFault)
		case struck.Load() && !isRefusal(err):
			return nil
		default:
			return fmt.Errorf("client %s gave up before disaster struck: %w", c.name, err)
		}
	}
	return nil
}
