package lptest

import (
	"net"
	"testing"
)

// FreeAddress is one on loopback at which nobody listens, for what must be told its own.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
