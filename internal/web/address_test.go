package web

import (
	"net/http"
	"net/netip"
	"testing"
)

var proxies = Proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:ff::/48")}

// LG03.
func TestWhoseRequestItIs(t *testing.T) {
	for name, c := range map[string]struct {
		peer string
		sent []string
		want string
	}{
		"no proxy":                          {"192.0.2.1:5000", []string{"198.51.100.1"}, "192.0.2.1"},
		"a proxy that says nothing":         {"10.0.0.1:5000", nil, "10.0.0.1"},
		"one hop":                           {"10.0.0.1:5000", []string{"198.51.100.1"}, "198.51.100.1"},
		"what the client said before":       {"10.0.0.1:5000", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		"two proxies":                       {"10.0.0.1:5000", []string{"203.0.113.9, 198.51.100.1 ,10.0.0.2"}, "198.51.100.1"},
		"several lines are one list":        {"10.0.0.1:5000", []string{"203.0.113.9", "198.51.100.1", "10.0.0.2, 10.0.0.3"}, "198.51.100.1"},
		"all are ours":                      {"10.0.0.1:5000", []string{"10.0.0.9, 10.0.0.2"}, "10.0.0.9"},
		"not an address":                    {"10.0.0.1:5000", []string{"198.51.100.1, unknown"}, "10.0.0.1"},
		"not an address behind a proxy":     {"10.0.0.1:5000", []string{"198.51.100.1, x, 10.0.0.2"}, "10.0.0.1"},
		"nonsense further off":              {"10.0.0.1:5000", []string{"x, 198.51.100.1"}, "198.51.100.1"},
		"an empty hop":                      {"10.0.0.1:5000", []string{"198.51.100.1,"}, "10.0.0.1"},
		"an empty line":                     {"10.0.0.1:5000", []string{"198.51.100.1", ""}, "10.0.0.1"},
		"with a port":                       {"10.0.0.1:5000", []string{"198.51.100.1:4711"}, "198.51.100.1"},
		"IPv6":                              {"[2001:db8:ff::1]:5000", []string{"2001:db8::7"}, "2001:db8::7"},
		"IPv6 with a port":                  {"10.0.0.1:5000", []string{"[2001:db8::7]:4711"}, "2001:db8::7"},
		"with a zone":                       {"10.0.0.1:5000", []string{"fe80::1%eth0"}, "10.0.0.1"},
		"IPv4 in IPv6":                      {"[::ffff:10.0.0.1]:5000", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		"a proxy's own name in the list":    {"10.0.0.1:5000", []string{"::ffff:10.0.0.2"}, "10.0.0.2"},
		"a peer on the proxies' other side": {"11.0.0.1:5000", []string{"10.0.0.2"}, "11.0.0.1"},
	} {
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-For": c.sent}}
		if found := proxies.Resolve(r, AddressOf(r)); found != AddressOf(r) || found.String() != c.want {
			t.Errorf("%s: %s, want %s", name, AddressOf(r), c.want)
		}
	}
}

func TestOtherHeadersSayNothing(t *testing.T) {
	for _, name := range []string{"Forwarded", "X-Real-Ip", "X-Client-Ip", "X_forwarded_for"} {
		r := &http.Request{RemoteAddr: "10.0.0.1:5000", Header: http.Header{name: {"for=198.51.100.1"}}}
		if found := proxies.Resolve(r, AddressOf(r)); found != AddressOf(r) || found.String() != "10.0.0.1" {
			t.Errorf("%s: %s", name, AddressOf(r))
		}
	}
	r := &http.Request{RemoteAddr: "10.0.0.1:5000", Header: http.Header{"X-Forwarded-For": {"198.51.100.1"}}}
	if found := (Proxies{}).Resolve(r, AddressOf(r)); found != AddressOf(r) || found.String() != "10.0.0.1" {
		t.Errorf("without proxies: %s", AddressOf(r))
	}
}

func TestASocketWithoutAddresses(t *testing.T) {
	if a := AddressOf(&http.Request{RemoteAddr: "@"}); a.IsValid() {
		t.Errorf("got %s", a)
	}
}

func TestAddressOfAllocatesNothing(t *testing.T) {
	r := &http.Request{RemoteAddr: "192.0.2.1:5000"}
	if n := testing.AllocsPerRun(1000, func() { (Proxies{}).Resolve(r, AddressOf(r)) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkAddressOf(b *testing.B) {
	r := &http.Request{RemoteAddr: "192.0.2.1:5000"}
	for b.Loop() {
		AddressOf(r)
	}
}

// Whatever stands in the header, the result is an address, and never one of ours unless there is none else.
func FuzzForwardedFor(f *testing.F) {
	for _, seed := range []string{"", "198.51.100.1", "a, 10.0.0.2", "10.0.0.1,", "[::1]:80", "fe80::1%x", "1.2.3.4:99999", ",,,"} {
		f.Add(seed, "10.0.0.9")
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		r := &http.Request{RemoteAddr: "10.0.0.1:5000", Header: http.Header{"X-Forwarded-For": {first, second}}}
		proxies.Resolve(r, AddressOf(r))
		if a := AddressOf(r); !a.IsValid() || a.Zone() != "" || a.Is4In6() {
			t.Errorf("%q, %q: %s", first, second, a)
		}
		r = &http.Request{RemoteAddr: "10.0.0.1:5000", Header: http.Header{"X-Forwarded-For": {first + "," + second, "192.0.2.1"}}}
		if found := proxies.Resolve(r, AddressOf(r)); found != AddressOf(r) || found.String() != "192.0.2.1" {
			t.Errorf("%q, %q before the last hop decide: %s", first, second, AddressOf(r))
		}
	})
}
