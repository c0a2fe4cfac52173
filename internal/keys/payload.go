package keys

import (
	"encoding/binary"
	"strings"
	"time"

	"launchpad/internal/core"
)

// The compact binary payloads. Whatever is inside a seal was written by us, but parsing stays strict: a layout
// that changes without its version must not be half understood.

const (
	hasAuthorization = 1 << iota
	allAccounts
	hasDefault
	unknownFlags = ^byte(hasAuthorization | allAccounts | hasDefault)
)

// Numbers beyond these were not written by us; below them, no arithmetic on times can overflow.
const (
	lastSecond  = 1 << 40 // unix seconds
	longestLife = 1 << 31 // seconds
)

func appendAccess(b []byte, t core.AccessToken) []byte {
	var flags byte
	if !t.AuthorizationID.Zero() {
		flags |= hasAuthorization
	}
	if t.Reach.All {
		flags |= allAccounts
	}
	if !t.Reach.Default.Zero() {
		flags |= hasDefault
	}
	b = append(b, flags)
	b = append(b, t.AppID[:]...)
	if flags&hasAuthorization != 0 {
		b = append(b, t.AuthorizationID[:]...)
		b = append(b, t.GrantID[:]...)
		b = append(b, t.IdentityID[:]...)
		b = binary.AppendUvarint(b, uint64(t.Generation))
	}
	b = binary.AppendUvarint(b, uint64(t.IssuedAt.Unix()))
	b = binary.AppendUvarint(b, uint64(t.ExpiresAt.Sub(t.IssuedAt)/time.Second))
	scope := t.Scope.String()
	b = binary.AppendUvarint(b, uint64(len(scope)))
	b = append(b, scope...)
	if flags&hasDefault != 0 {
		b = append(b, t.Reach.Default[:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(t.Reach.Accounts)))
	for _, id := range t.Reach.Accounts {
		b = append(b, id[:]...)
	}
	return b
}

func parseAccess(b []byte) (core.AccessToken, error) {
	var t core.AccessToken
	r := reader{b: b}
	flags := r.byte()
	r.refuse(flags&unknownFlags != 0)
	t.AppID = r.id()
	if flags&hasAuthorization != 0 {
		t.AuthorizationID, t.GrantID, t.IdentityID = r.id(), r.id(), r.id()
		t.Generation = int64(r.number())
		r.refuse(t.AuthorizationID.Zero())
	}
	t.IssuedAt = time.Unix(int64(r.upTo(lastSecond)), 0).UTC()
	t.ExpiresAt = t.IssuedAt.Add(time.Duration(r.upTo(longestLife)) * time.Second)
	if scope := string(r.bytes(int(r.number()))); scope != "" {
		t.Scope = strings.Split(scope, " ")
	}
	t.Reach.All = flags&allAccounts != 0
	if flags&hasDefault != 0 {
		t.Reach.Default = r.id()
		r.refuse(t.Reach.Default.Zero())
	}
	for n := r.number(); n > 0 && !r.bad; n-- {
		t.Reach.Accounts = append(t.Reach.Accounts, r.id())
	}
	return t, r.end()
}

func appendFamily(b []byte, f Family) []byte {
	b = append(b, f.AuthorizationID[:]...)
	b = append(b, f.Bits[:]...)
	return binary.AppendUvarint(b, uint64(f.Generation))
}

func parseFamily(b []byte) (Family, error) {
	r := reader{b: b}
	f := Family{AuthorizationID: r.id(), Bits: r.id()}
	f.Generation = int64(r.number())
	return f, r.end()
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
