package core

import "net/netip"

// Of an address, so many bits name its network; the rest names a household or a person.
const (
	network4 = 24
	network6 = 48
)

// NetworkOf leaves of an IP address only its network, like 203.0.113.0/24. What is one already stays, and what is no
// address is "".
func NetworkOf(address string) string {
	if network, err := netip.ParsePrefix(address); err == nil {
		return NetworkOf(network.Addr().String())
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	ip = ip.Unmap().WithZone("")
	bits := network4
	if ip.Is6() {
		bits = network6
	}
	return netip.PrefixFrom(ip, bits).Masked().String()
}
