package server

import (
	"net/http"
	"sync/atomic"
	"time"

	"launchpad/internal/limit"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Answers of APIs, and refusals everywhere, say where the caller stands. Names of the fields are spelled as their draft
// spells them, and not as net/http would.
const (
	policyField   = "RateLimit-Policy"
	standingField = "RateLimit"
)

// stands is where the caller of a request stands, under the policy that is nearest to its end.
type stands struct {
	from   limit.Key // the address as it is counted
	policy *policy
	left   int
	reset  time.Duration
}

// note keeps the standing that is nearer to its end.
func (s *stands) note(p *policy, under limit.Standing) {
	if s.policy == nil || under.Left < s.left {
		s.policy, s.left, s.reset = p, under.Left, under.Reset
	}
}

// tell writes what was noted.
func (s *stands) tell(h http.Header) {
	if s.policy != nil {
		s.policy.fields.write(h, s.left, s.reset)
	}
}

// standsOf gives it back to what has only the record of a request.
func standsOf(record *web.Record) *stands {
	if s, ok := record.Limits.(*stands); ok {
		return s
	}
	return &stands{from: limit.Address(record.From)}
}

// fields are the two of a policy, as they were written once: there are not many different ones, and making them costs more
// than counting.
type fields struct {
	quota  oauth.Quota
	policy []string
	made   atomic.Pointer[[]atomic.Pointer[[]string]] // by step and seconds
}

func newFields(q oauth.Quota) *fields { return &fields{quota: q, policy: []string{q.PolicyField()}} }

func (f *fields) write(h http.Header, left int, reset time.Duration) {
	h[policyField] = f.policy
	h[standingField] = f.standing(left, reset)
}

func (f *fields) standing(left int, reset time.Duration) []string {
	seconds := int((reset + time.Second - 1) / time.Second)
	told, step := rounded(left)
	made := f.made.Load()
	if made == nil {
		_, last := rounded(f.quota.Most)
		fresh := make([]atomic.Pointer[[]string], (last+1)*f.seconds())
		f.made.CompareAndSwap(nil, &fresh)
		made = f.made.Load()
	}
	at := step*f.seconds() + seconds
	if seconds >= f.seconds() || at >= len(*made) {
		return []string{f.quota.Field(told, reset)} // the clock was set back
	}
	field := (*made)[at].Load()
	if field == nil {
		field = &[]string{f.quota.Field(told, reset)}
		(*made)[at].Store(field)
	}
	return *field
}

func (f *fields) seconds() int { return int(f.quota.Window/time.Second) + 1 }

// exactly is up to where the number of requests that are left is told as it is. Above, it is rounded down to two digits.
const exactly = 1000

// rounded is what is told, and which of all that can be told it is.
func rounded(left int) (told, step int) {
	if left < exactly {
		return left, left
	}
	scale, step := exactly/10, exactly
	for left >= 100*scale {
		scale, step = 10*scale, step+90
	}
	return left / scale * scale, step + left/scale - 10
}
