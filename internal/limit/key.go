package limit

import (
	"crypto/sha256"
	"net/netip"

	"launchpad/internal/core"
)

// Key is who, or what, is counted.
type Key [32]byte

// Address counts an IPv4 address, and all of an IPv6 network of 64 bits: whoever has one of its addresses has them all.
func Address(a netip.Addr) (k Key) {
	a = a.Unmap()
	if a.Is6() {
		network := a.As16()
		copy(k[:8], network[:8])
		return k
	}
	if a.Is4() {
		mapped := a.As16()
		copy(k[:], mapped[:])
	}
	return k
}

// ID counts whatever has an id.
func ID(id core.ID) (k Key) {
	copy(k[:16], id[:])
	return k
}

// And counts an address or an id together with another id.
func (k Key) And(id core.ID) Key {
	copy(k[16:], id[:])
	return k
}

// Text counts a name.
func Text(s string) Key { return sha256.Sum256([]byte(s)) }
