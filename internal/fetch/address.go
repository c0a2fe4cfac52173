package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

// LongestURL that is fetched.
const LongestURL = 2000

// CheckURL decides by its letters alone whether an address may be fetched: https, a host name, and nothing that different
// parsers could read differently. Which machine the name leads to is looked at when it is dialled.
func (c *Client) CheckURL(raw string) error {
	if len(raw) > LongestURL {
		return fmt.Errorf("it is over %d characters", LongestURL)
	}
	for i := range len(raw) {
		if b := raw[i]; b <= 0x20 || b > 0x7e || strings.IndexByte("\\\"<>^`{|}", b) >= 0 {
			return errors.New("it has a character that no URL has")
		}
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return errors.New("it is not a URL")
	case !strings.HasPrefix(raw, "https://"):
		return errors.New("it does not begin with https://")
	case u.User != nil:
		return errors.New("it has a user name in the host part")
	case strings.Contains(raw, "#"):
		return errors.New("it has a fragment")
	case c.options.Local:
		return nil
	case u.Port() != "" || strings.HasSuffix(u.Host, ":"):
		return errors.New("it names a port")
	}
	return publicName(u.Hostname())
}

// publicName refuses what is no name of the public network. A last label of digits makes an address of a host in the eyes of
// some resolvers, in whatever notation: 127.1, 0x7f.1, 2130706433.
func publicName(host string) error {
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(host, ".")), ".")
	last := labels[len(labels)-1]
	switch {
	case strings.ContainsAny(host, ":[]%"):
		return errors.New("its host is an address and no name")
	case len(labels) < 2 || strings.HasSuffix(host, "."):
		return errors.New("its host is no full name")
	case last[:min(1, len(last))] >= "0" && last[:min(1, len(last))] <= "9":
		return errors.New("its host is an address and no name")
	}
	for _, local := range localNames {
		if last == local {
			return fmt.Errorf("names that end with .%s are not public", local)
		}
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return errors.New("its host is no name")
		}
	}
	return nil
}

// localNames end names that mean something else in every network, by RFC 6761 and RFC 6762 or by habit.
var localNames = []string{"localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "test", "invalid", "onion", "arpa"}

// errNotPublic is why an address is not dialled.
var errNotPublic = errors.New("the address is not a public one")

// control is asked with the address that is about to be dialled, after every look-up: whatever a resolver said before, and
// whatever it says next time, this is where the connection goes.
func (c *Client) control(_, address string, _ syscall.RawConn) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return err
	}
	if c.options.Local && ip.Unmap().IsLoopback() {
		return nil
	}
	if !public(ip) || port != "443" {
		return fmt.Errorf("%w: %s", errNotPublic, address)
	}
	return nil
}

// public reports whether an address is one of the public network.
func public(ip netip.Addr) bool {
	if ip.Zone() != "" || ip.Is4In6() {
		return false // the same machine by another spelling; nobody's name needs it
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false // loopback, link-local, multicast, unspecified, and the private ones
	}
	if ip.Is6() && !worldwide.Contains(ip) {
		return false
	}
	for _, network := range special {
		if network.Contains(ip) {
			return false
		}
	}
	return true
}

// worldwide is all that is handed out of IPv6. RFC 4291 §2.4.
var worldwide = netip.MustParsePrefix("2000::/3")

// special networks look global and are not, or lead to addresses of the other family. RFC 6890 §2.2.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // carrier-grade NAT
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), // NAT64: an IPv4 address inside
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2001::/23"), // Teredo and its neighbours
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // 6to4: an IPv4 address inside
}
