package oauth

import (
	"strconv"
	"time"
)

// Quota is a rate limit as callers are told of it, in the two fields of draft-ietf-httpapi-ratelimit-headers-11. Both are
// lists of structured fields, of which we send one member: the policy that is nearest to its end.
type Quota struct {
	Policy string // its name: letters, digits and underscores
	Most   int    // how many requests
	Window time.Duration
}

// PolicyField is RateLimit-Policy: what is allowed, the same in every answer.
func (q Quota) PolicyField() string {
	return `"` + q.Policy + `";q=` + strconv.Itoa(q.Most) + `;w=` + seconds(q.Window)
}

// Field is RateLimit: how many requests are left, and in how many seconds there are more.
func (q Quota) Field(left int, reset time.Duration) string {
	return `"` + q.Policy + `";r=` + strconv.Itoa(left) + `;t=` + seconds(reset)
}

// seconds are whole, and enough.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}
