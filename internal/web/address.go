package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks of the proxies in front: what they say of where a request came from is taken. Without any,
// whatever a request says of that is ignored. RFC 7239 §8.1: anybody can write it.
type Proxies []netip.Prefix

// Resolve writes into the request whose it is, for AddressOf, and gives that; peer is who sent it. Only X-Forwarded-For is read, and from its end, where each
// proxy adds whom it heard from: the first that is no proxy of ours is the client, and what stands before it is hearsay.
// The server calls this before anybody else sees the request.
func (p Proxies) Resolve(r *http.Request, peer netip.Addr) netip.Addr {
	if len(p) == 0 || !p.Have(peer) {
		return peer
	}
	client := p.client(r.Header["X-Forwarded-For"])
	if !client.IsValid() {
		return peer
	}
	r.RemoteAddr = netip.AddrPortFrom(client, 0).String()
	return client
}

// client is invalid if a proxy said something that is no address: then nobody but the peer itself is known.
func (p Proxies) client(lines []string) (client netip.Addr) {
	for i := len(lines) - 1; i >= 0; i-- {
		for rest, more := lines[i], true; more; {
			var hop string
			rest, hop, more = cutLast(rest)
			if client = parseHop(hop); !client.IsValid() || !p.Have(client) {
				return client
			}
		}
	}
	return client // all are ours: the furthest
}

func cutLast(list string) (before, last string, more bool) {
	at := strings.LastIndexByte(list, ',')
	if at < 0 {
		return "", list, false
	}
	return list[:at], list[at+1:], true
}

// parseHop reads an address, which some proxies write with a port.
func parseHop(hop string) netip.Addr {
	hop = strings.Trim(hop, " \t")
	address, err := netip.ParseAddr(hop)
	if err != nil {
		pair, err := netip.ParseAddrPort(hop)
		if err != nil {
			return netip.Addr{}
		}
		address = pair.Addr()
	}
	if address.Zone() != "" {
		return netip.Addr{} // of a network that only its own machines know
	}
	return address.Unmap()
}

// Have reports whether an address is in one of the networks.
func (p Proxies) Have(a netip.Addr) bool {
	for _, network := range p {
		if network.Contains(a) {
			return true
		}
	}
	return false
}

// AddressOf is where a request came from: the client's address if a trusted proxy named it, else the peer's. It is
// invalid on a socket that has no addresses. Who counts by it counts an IPv6 network of 64 bits as one; limit.Address
// does.
func AddressOf(r *http.Request) netip.Addr {
	pair, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return pair.Addr().Unmap().WithZone("")
}
