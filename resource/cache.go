package resource

import (
	"container/list"
	"context"
	"crypto/sha256"
	"sync"
	"time"
)

// digest stands for a token in memory: whoever reads the memory has none, and two tokens never share a place.
type digest [sha256.Size]byte

func digestOf(token string) digest { return sha256.Sum256([]byte(token)) }

// cache keeps what was found out about tokens, in a bounded number of bytes; what was used least lately goes first.
type cache struct {
	most int

	mu      sync.Mutex
	bytes   int
	entries map[digest]*list.Element
	order   *list.List
}

// entry is what was found out: token is nil where there is none.
type entry struct {
	of    digest
	token *Token
	asked time.Duration // by the stopwatch: when the question was sent
	until time.Duration
	local bool // the token was verified here; the server was not asked
	size  int
}

func newCache(most int) *cache {
	return &cache{most: most, entries: map[digest]*list.Element{}, order: list.New()}
}

func (c *cache) get(of digest, now time.Duration) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.entries[of]
	if !ok {
		return entry{}, false
	}
	e := at.Value.(entry)
	if now >= e.until {
		c.remove(at)
		return entry{}, false
	}
	c.order.MoveToFront(at)
	return e, true
}

func (c *cache) put(e entry) {
	e.size = 200
	if e.token != nil {
		e.size += e.token.size()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, ok := c.entries[e.of]; ok {
		c.remove(at)
	}
	if e.size > c.most {
		return
	}
	c.entries[e.of] = c.order.PushFront(e)
	for c.bytes += e.size; c.bytes > c.most; {
		c.remove(c.order.Back())
	}
}

func (c *cache) drop(of digest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, ok := c.entries[of]; ok {
		c.remove(at)
	}
}

func (c *cache) remove(at *list.Element) {
	e := c.order.Remove(at).(entry)
	delete(c.entries, e.of)
	c.bytes -= e.size
}

// flight lets one caller ask about a token for all who want to know at the same time.
type flight struct {
	mu      sync.Mutex
	running map[digest]*question
}

type question struct {
	done  chan struct{}
	entry entry
	err   error
}

// ask: the question is nobody's own, so that none of those who wait can end it for the others.
func (f *flight) ask(ctx context.Context, of digest, find func(context.Context) (entry, error)) (entry, error) {
	f.mu.Lock()
	q, joined := f.running[of]
	if !joined {
		q = &question{done: make(chan struct{})}
		if f.running == nil {
			f.running = map[digest]*question{}
		}
		f.running[of] = q
		go func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
			defer cancel()
			q.entry, q.err = find(ctx)
			f.mu.Lock()
			delete(f.running, of)
			f.mu.Unlock()
			close(q.done)
		}()
	}
	f.mu.Unlock()
	select {
	case <-q.done:
		return q.entry, q.err
	case <-ctx.Done():
		return entry{}, ctx.Err()
	}
}
