package keys

import (
	"encoding/binary"
	"math"
	"strings"
	"time"

	"launchpad/internal/core"
	"launchpad/oauth"
)

// The compact binary payloads. Whatever is inside a seal was written by us, but parsing stays strict: a layout
// that changes without its version must not be half understood.

// Numbers beyond these were not written by us; below them, no arithmetic on times can overflow.
const (
	lastSecond  = 1 << 40 // unix seconds
	longestLife = 1 << 31 // seconds
)

// Who an access token speaks for.
const (
	forApp byte = iota // client_credentials
	forPerson
)

func appendAccess(b []byte, t core.AccessToken) []byte {
	if t.AuthorizationID.Zero() {
		b = append(b, forApp)
	} else {
		b = append(b, forPerson)
		b = append(b, t.AuthorizationID[:]...)
		b = append(b, t.GrantID[:]...)
		b = append(b, t.IdentityID[:]...)
		b = binary.AppendUvarint(b, uint64(t.Generation))
	}
	b = append(b, t.AppID[:]...)
	b = appendLife(b, t.IssuedAt, t.ExpiresAt)
	return appendRights(b, t.Scope, t.Reach, bound(t.Audience))
}

// bound is the list of the APIs that an access token is for.
func bound(audience string) []string {
	if audience == "" {
		return nil
	}
	return []string{audience}
}

func parseAccess(b []byte) (core.AccessToken, error) {
	var t core.AccessToken
	r := reader{b: b}
	switch r.byte() {
	case forApp:
	case forPerson:
		t.AuthorizationID, t.GrantID, t.IdentityID = r.id(), r.id(), r.id()
		t.Generation = r.count()
		r.refuse(t.AuthorizationID.Zero())
	default:
		r.refuse(true)
	}
	t.AppID = r.id()
	t.IssuedAt, t.ExpiresAt = r.life()
	var resources []string
	if t.Scope, t.Reach, resources = r.rights(); len(resources) > 0 {
		t.Audience = resources[0]
		r.refuse(len(resources) > 1)
	}
	return t, r.end()
}

func appendRefresh(b []byte, t RefreshToken) []byte {
	b = appendFamily(b, t.Family)
	b = append(b, t.GrantID[:]...)
	b = binary.AppendUvarint(b, uint64(t.GrantVersion))
	b = append(b, t.IdentityID[:]...)
	b = append(b, t.AppID[:]...)
	b = appendLife(b, t.BornAt, t.ExpiresAt)
	return appendRights(b, t.Scope, t.Reach, t.Resources)
}

func parseRefresh(b []byte) (RefreshToken, error) {
	r := reader{b: b}
	t := RefreshToken{Family: r.family(), GrantID: r.id(), GrantVersion: r.count(), IdentityID: r.id(), AppID: r.id()}
	t.BornAt, t.ExpiresAt = r.life()
	t.Scope, t.Reach, t.Resources = r.rights()
	return t, r.end()
}

func appendFamily(b []byte, f Family) []byte {
	b = append(b, f.AuthorizationID[:]...)
	b = append(b, f.Bits[:]...)
	return binary.AppendUvarint(b, uint64(f.Generation))
}

func parseFamily(b []byte) (Family, error) {
	r := reader{b: b}
	f := r.family()
	return f, r.end()
}

func (r *reader) family() Family {
	return Family{AuthorizationID: r.id(), Bits: r.id(), Generation: r.count()}
}

func appendLife(b []byte, from, to time.Time) []byte {
	b = binary.AppendUvarint(b, uint64(from.Unix()))
	return binary.AppendUvarint(b, uint64(to.Unix()-from.Unix()))
}

func (r *reader) life() (from, to time.Time) {
	from = time.Unix(int64(r.upTo(lastSecond)), 0).UTC()
	return from, from.Add(time.Duration(r.upTo(longestLife)) * time.Second)
}

// What stands in the rights beside what always does. A reader that does not know a flag refuses the whole, so that nobody
// takes a token that is bound to an API for one that is not.
const (
	allAccounts = 1 << iota
	hasDefault
	hasResources
)

func appendRights(b []byte, scope oauth.Scope, reach core.Reach, resources []string) []byte {
	var flags byte
	if reach.All {
		flags |= allAccounts
	}
	if !reach.Default.Zero() {
		flags |= hasDefault
	}
	if len(resources) > 0 {
		flags |= hasResources
	}
	b = append(b, flags)
	text := scope.String()
	b = binary.AppendUvarint(b, uint64(len(text)))
	b = append(b, text...)
	if flags&hasDefault != 0 {
		b = append(b, reach.Default[:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(reach.Accounts)))
	for _, id := range reach.Accounts {
		b = append(b, id[:]...)
	}
	if len(resources) > 0 {
		b = binary.AppendUvarint(b, uint64(len(resources)))
	}
	for _, resource := range resources {
		b = binary.AppendUvarint(b, uint64(len(resource)))
		b = append(b, resource...)
	}
	return b
}

func (r *reader) rights() (scope oauth.Scope, reach core.Reach, resources []string) {
	flags := r.byte()
	r.refuse(flags > allAccounts|hasDefault|hasResources)
	if text := string(r.bytes(int(r.number()))); text != "" {
		scope = strings.Split(text, " ")
	}
	reach.All = flags&allAccounts != 0
	if flags&hasDefault != 0 {
		reach.Default = r.id()
		r.refuse(reach.Default.Zero())
	}
	for n := r.number(); n > 0 && !r.bad; n-- {
		reach.Accounts = append(reach.Accounts, r.id())
	}
	if flags&hasResources != 0 {
		n := r.number()
		r.refuse(n == 0)
		for ; n > 0 && !r.bad; n-- {
			resources = append(resources, string(r.bytes(int(r.number()))))
			r.refuse(resources[len(resources)-1] == "")
		}
	}
	return scope, reach, resources
}

// reader takes a payload apart; once something is missing, all that follows is zero and end reports it.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) bytes(n int) []byte {
	if r.bad || n < 0 || n > len(r.b) {
		r.bad = true
		return nil
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) byte() byte {
	if taken := r.bytes(1); taken != nil {
		return taken[0]
	}
	return 0
}

func (r *reader) id() (id core.ID) {
	copy(id[:], r.bytes(len(id)))
	return id
}

func (r *reader) number() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count reads what was a number of ours, which are never negative.
func (r *reader) count() int64 { return int64(r.upTo(math.MaxInt64)) }

func (r *reader) upTo(most uint64) uint64 {
	v := r.number()
	r.refuse(v > most)
	return v
}

// refuse gives up on a payload that says what we never write: one token has one layout.
func (r *reader) refuse(wrong bool) { r.bad = r.bad || wrong }

func (r *reader) end() error {
	if r.bad || len(r.b) != 0 {
		return ErrSealed
	}
	return nil
}
