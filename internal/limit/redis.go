package limit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"launchpad/internal/core"
	"launchpad/internal/meter"
)

// Redis counts for all processes that ask it, exactly. What it says is noted in the table, so that whoever has to wait is
// told without asking again, and the table goes on from there when Redis does not answer: nobody waits for it longer than
// its patience, and once it was late nobody asks until it has answered a try in the background. What was counted without it
// is owed: it is told that with the next question about the same counter.
type Redis struct {
	address  string
	key      []byte
	patience time.Duration
	log      *slog.Logger

	trying    sync.Mutex
	idle      chan redis.Conn
	up        atomic.Bool
	told      atomic.Bool // that it does not answer
	crowded   atomic.Bool // the log knows that the connections did not suffice
	fallbacks meter.Count // decisions that were made without it
}

const (
	redisConnections = 32
	redisPatience    = 5 * time.Millisecond
	redisTryEvery    = time.Second
	redisDial        = time.Second
)

// NewRedis lets a table's shared rules be counted there. key hides who is counted; every process has the same. patience 0
// is the usual one.
func NewRedis(t *Table, address string, key []byte, patience time.Duration, log *slog.Logger) *Redis {
	if patience == 0 {
		patience = redisPatience
	}
	x := &Redis{address: address, key: key, patience: patience, log: log, idle: make(chan redis.Conn, redisConnections)}
	t.exact = x
	return x
}

// Run tries again, while Redis does not answer, until the context ends.
func (x *Redis) Run(ctx context.Context) {
	tick := time.NewTicker(redisTryEvery)
	defer tick.Stop()
	for {
		x.Try(ctx)
		select {
		case <-ctx.Done():
			x.up.Store(false)
			x.drop()
			return
		case <-tick.C:
		}
	}
}

// Try connects if that is needed.
func (x *Redis) Try(ctx context.Context) {
	x.trying.Lock()
	defer x.trying.Unlock()
	if x.up.Load() {
		return
	}
	x.drop()
	err := x.connect(ctx)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		x.drop()
		x.fell(err)
		return
	}
	x.log.Info("limits: redis answers; it counts for all nodes")
	x.told.Store(false)
	x.crowded.Store(false)
	x.up.Store(true)
}

// fell notes that Redis does not answer, and says so once.
func (x *Redis) fell(cause error) {
	x.up.Store(false)
	if !x.told.Swap(true) {
		x.log.Warn("limits: redis does not answer; nodes count for themselves and tell each other", "cause", cause)
	}
}

func (x *Redis) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, redisDial)
	defer cancel()
	for range redisConnections {
		conn, err := redis.DialURLContext(ctx, x.address, redis.DialReadTimeout(redisDial), redis.DialWriteTimeout(redisDial))
		if err != nil {
			return fmt.Errorf("connect to redis: %w", err)
		}
		if err := script.Load(conn); err != nil {
			_ = conn.Close()
			return fmt.Errorf("load script into redis: %w", err)
		}
		x.rest(conn)
	}
	return nil
}

// drop closes what is idle.
func (x *Redis) drop() {
	for {
		select {
		case conn := <-x.idle:
			_ = conn.Close()
		default:
			return
		}
	}
}

// Figures are whether Redis is asked now, and how many decisions were made without it.
func (x *Redis) Figures() (up bool, fallbacks int64) { return x.up.Load(), x.fallbacks.Read() }

// script adds what is owed to each key, and then counts all keys, or none if one is at its end. It answers the place of that
// one, or 0, and for each key that it looked at the count and what is left of the window. A Redis runs one script at a time.
var script = redis.NewScript(-1, `
local answer = {0}
for i = 1, #KEYS do
  local owed = tonumber(ARGV[3*i])
  if owed > 0 and redis.call('INCRBY', KEYS[i], owed) == owed then redis.call('PEXPIRE', KEYS[i], ARGV[3*i-1]) end
end
for i = 1, #KEYS do
  local count = tonumber(redis.call('GET', KEYS[i]) or '0')
  if count >= tonumber(ARGV[3*i-2]) then
    return {i, count, redis.call('PTTL', KEYS[i])}
  end
end
for i = 1, #KEYS do
  local count = redis.call('INCR', KEYS[i])
  if count == 1 then redis.call('PEXPIRE', KEYS[i], ARGV[3*i-1]) end
  answer[2*i], answer[2*i+1] = count, redis.call('PTTL', KEYS[i])
end
return answer`)

// take is Table.Take by Redis. Not ok: it does not answer.
func (x *Redis) take(claims []Claim, now int64) (nearest int, s Standing, ok bool) {
	if !x.up.Load() {
		x.fallbacks.Add(1)
		return 0, s, false
	}
	for i := range claims {
		if s, ended := claims[i].owe(now); ended {
			owedStill(claims[:i], now)
			return i, s, true
		}
	}
	answer, err := x.ask(x.arguments(claims))
	if err != nil {
		owedStill(claims, now)
		x.fallbacks.Add(1)
		return 0, s, false
	}
	if at := int(answer[0]) - 1; at >= 0 {
		return at, claims[at].Rate.note(claims[at].Key, answer[1], answer[2], now, true), true
	}
	for i := range claims {
		one := claims[i].Rate.note(claims[i].Key, answer[1+2*i], answer[2+2*i], now, false)
		if i == 0 || one.Left < s.Left {
			nearest, s = i, one
		}
	}
	return nearest, s, true
}

// arguments are those of the script: how many keys, the keys, and for each the limit, the window and what is owed.
func (x *Redis) arguments(claims []Claim) []any {
	list := make([]any, 1, 1+4*len(claims))
	list[0] = len(claims)
	for _, c := range claims {
		list = append(list, x.name(c))
	}
	for _, c := range claims {
		most := c.Rate.most
		if c.over {
			most = 0
		}
		list = append(list, most, c.Rate.window, c.owed)
	}
	return list
}

// name is what a counter is called in Redis: it does not tell who is counted.
func (x *Redis) name(c Claim) string {
	mac := hmac.New(sha256.New, x.key)
	mac.Write([]byte(c.Rate.name))
	mac.Write([]byte{0})
	mac.Write(c.Key[:])
	return "launchpad:limit:" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// errBusy is not a fault of Redis: this one decision is made without it.
var errBusy = errors.New("all connections to redis are busy")

// ask runs the script. Once an answer is late, nobody asks any more.
func (x *Redis) ask(arguments []any) ([]int64, error) {
	conn, waited, err := x.connection()
	if err != nil {
		return nil, err
	}
	// The script was loaded. If Redis forgot it, that is an error like another one, and the next try loads it again.
	answer, err := redis.Int64s(redis.DoWithTimeout(conn, x.patience-waited, "EVALSHA", append([]any{script.Hash()}, arguments...)...))
	keys := arguments[0].(int)
	if err == nil && (len(answer) == 0 || answer[0] == 0 && len(answer) != 1+2*keys || answer[0] != 0 && (len(answer) != 3 || answer[0] < 0 || int(answer[0]) > keys)) {
		err = errors.New("redis answers something else")
	}
	if err != nil {
		_ = conn.Close()
		x.fell(err)
		return nil, err
	}
	x.rest(conn)
	return answer, nil
}

// rest keeps a connection for the next one who asks. There may be one too many, that was out while others were made.
func (x *Redis) rest(conn redis.Conn) {
	select {
	case x.idle <- conn:
	default:
		_ = conn.Close()
	}
}

// connection waits for one no longer than half the patience, so that the answer has the other half.
func (x *Redis) connection() (conn redis.Conn, waited time.Duration, err error) {
	select {
	case conn := <-x.idle:
		return conn, 0, nil
	default:
	}
	began := core.Elapsed()
	patience := time.NewTimer(x.patience / 2)
	defer patience.Stop()
	select {
	case conn := <-x.idle:
		return conn, min(core.Elapsed()-began, x.patience/2), nil
	case <-patience.C:
	}
	if !x.crowded.Swap(true) {
		x.log.Warn("limits: more is asked at once than redis has connections; what is counted here meanwhile it is told a moment later", "connections", redisConnections)
	}
	return nil, 0, errBusy
}

// owe reports whether a counter is known to be at its end. If it is not, or Redis does not know it yet, what was counted
// without Redis goes along with the question.
func (c *Claim) owe(now int64) (Standing, bool) {
	c.owed, c.over = 0, false
	tag := maphash.Bytes(c.Rate.seed, c.Key[:])
	s, _ := c.Rate.table.set(tag)
	s.mu.Lock()
	defer s.mu.Unlock()
	e, _ := s.find(tag, now)
	if e.tag != tag {
		return Standing{}, false
	}
	c.over = e.total() >= c.Rate.most
	if c.over && e.count == 0 {
		return Standing{Wait: milliseconds(e.until - now)}, true
	}
	c.owed = e.count
	e.base, e.count = e.base+e.count, 0
	return Standing{}, false
}

// owedStill is for claims that Redis was not told.
func owedStill(claims []Claim, now int64) {
	for i := range claims {
		claims[i].owedStill(now)
	}
}

func (c *Claim) owedStill(now int64) {
	if c.owed == 0 {
		return
	}
	tag := maphash.Bytes(c.Rate.seed, c.Key[:])
	s, _ := c.Rate.table.set(tag)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, _ := s.find(tag, now); e.tag == tag && e.base >= c.owed {
		e.base, e.count = e.base-c.owed, e.count+c.owed
	}
}

// note takes over what Redis counted. Answers may overtake each other: within a window the count does not fall, and what was
// counted without Redis meanwhile stays owed.
func (r *Rate) note(k Key, count, left, now int64, refused bool) Standing {
	tag := maphash.Bytes(r.seed, k[:])
	s, _ := r.table.set(tag)
	s.mu.Lock()
	defer s.mu.Unlock()
	e, _ := s.find(tag, now)
	until := now + min(max(left, 1), r.window)
	base := uint32(min(max(count, 0), int64(r.most)))
	if e.tag == tag && e.until > until-r.window/2 {
		base = max(base, e.base)
	} else {
		e.count = 0
	}
	e.tag, e.until, e.base = tag, until, base
	if refused {
		return Standing{Wait: milliseconds(until - now)}
	}
	return Standing{Left: int(r.most) - int(min(count, int64(r.most))), Reset: milliseconds(until - now)}
}
