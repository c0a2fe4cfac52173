package secret

import (
	"crypto/rand"
	"time"

	"launchpad/internal/core"
)

// Bytes returns n random bytes. crypto/rand aborts the process if the system has no randomness.
func Bytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// NewID makes a UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, then version, variant and 74 random bits.
func NewID(now time.Time) core.ID {
	var id core.ID
	rand.Read(id[6:])
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}
