package doctor

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

var connectionChecks = []Check{
	{
		ID: "tls.https", Looks: "The issuer and the APIs are https addresses (RFC 8414 §2, RFC 9728 §1.2)",
		Concerns: everybody, Worst: Fails, Breaks: "Refuses to start, or sends tokens in the clear.",
		Mend: "Put TLS in front and set issuer to the https:// address.", see: https,
	},
	{
		ID: "tls.version", Looks: "TLS 1.2 or newer is spoken, and nothing older (RFC 8996)",
		Concerns: everybody, Worst: Fails, Breaks: "Finds no version in common, or can be talked down to a broken one.",
		Mend: "Offer TLS 1.2 and 1.3 in front, nothing else.", see: tlsVersion,
	},
	{
		ID: "tls.name", Looks: "The certificate is for the issuer's host",
		Concerns: everybody, Worst: Fails, Breaks: "Refuses to connect.",
		Mend: "Get a certificate with this name in it.", see: tlsName,
	},
	{
		ID: "tls.dates", Looks: "The certificate has begun and is not over",
		Concerns: everybody, Worst: Fails, Breaks: "Refuses to connect.",
		Mend: "Renew the certificate, and reload the proxy.", see: tlsDates,
	},
	{
		ID: "tls.days-left", Looks: "The certificate has two weeks left",
		Concerns: everybody, Worst: Stumbles, Breaks: "Will refuse to connect soon: what renews the certificate seems to have stopped.",
		Mend: "Renew the certificate, and reload the proxy.", see: tlsDaysLeft,
	},
	{
		ID: "tls.chain", Looks: "The certificates that are sent lead to a root that this machine trusts",
		Concerns: programs, Worst: Fails, Breaks: "Refuses to connect; browsers fetch what is missing, so that nobody sees it there.",
		Mend: "Send the intermediate certificates, too (the file that is often called fullchain).", see: tlsChain,
	},
	{
		ID: "tls.hsts", Looks: "Pages carry Strict-Transport-Security for half a year at least (RFC 6797)",
		Concerns: []Family{People}, Worst: Stumbles, Breaks: "Can be led to http:// by whoever is between.",
		Mend: "Pass Strict-Transport-Security on unchanged.", see: hsts,
	},
	{
		ID: "http.plain", Looks: "Port 80 is closed, refuses, or leads to https on the same host",
		Concerns: append([]Family{People}, Stock), Worst: Fails, Breaks: "Sends a token or a cookie in the clear and gets an answer, so that nobody notices.",
		Mend: "Answer every request at port 80 with 301 or 308 to the same address at https://, or close it.", see: plainHTTP,
	},
	{
		ID: "http.clock", Looks: "The Date of answers is within 30 s of this machine's clock",
		Concerns: append([]Family{OIDC}, Verifiers), Worst: Fails, Breaks: "Takes tokens for not yet valid, or for over.",
		Mend: "Let both machines follow a time server (timedatectl).", see: clock,
	},
	{
		ID: "http.versions", Looks: "HTTP/2 is spoken beside HTTP/1.1, with the same answers",
		Concerns: []Family{InBrowser, People}, Worst: Stumbles, Breaks: "Waits for one request after the other.",
		Mend: "Switch HTTP/2 on in front.", see: httpVersions,
	},
	{
		ID: "http.keep-alive", Looks: "A second request goes through the same connection",
		Concerns: programs, Worst: Stumbles, Breaks: "Opens a connection for each request, which costs more than the request.",
		Mend: "Switch keep-alive on in front.", see: keepAlive,
	},
	{
		ID: "http.compression", Looks: "An answer that is compressed is the same when unpacked, and says Vary: Accept-Encoding (RFC 9110 §12.5.3)",
		Concerns: discoverer, Worst: Fails, Breaks: "Gets bytes that it cannot read.",
		Mend: "Let the proxy compress only what it is asked to, and say Vary; or switch compression off for JSON.", see: compression,
	},
}

func https(l *look) finding {
	for _, address := range append([]string{l.o.Issuer}, l.o.APIs...) {
		if u, _ := url.Parse(address); u.Scheme != "https" {
			if loopback(u) {
				return without("loopback does without")
			}
			return bad(address, "https://")
		}
	}
	return good("https")
}

// loopback: RFC 8252 §8.3 does without TLS on one's own computer, and so does whoever tries things out.
func loopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// oldest is the version at which a handshake must fail.
const oldest = tls.VersionTLS11

// overTLS makes a check of the handshake.
func overTLS(l *look, see func(shake) finding) finding {
	if !l.secure() {
		return without("the issuer is not https")
	}
	s := l.handshake(tls.VersionTLS13)
	if s.err != nil {
		return bad(s.err.Error(), "a handshake")
	}
	return see(s)
}

func tlsVersion(l *look) finding {
	return overTLS(l, func(s shake) finding {
		if s.state.Version <= oldest {
			return bad(tls.VersionName(s.state.Version), "TLS 1.2 or newer")
		}
		if old := l.handshake(oldest); old.err == nil {
			return bad(tls.VersionName(old.state.Version)+" is taken, too", "TLS 1.2 or newer")
		}
		return good("%s", tls.VersionName(s.state.Version))
	})
}

func tlsName(l *look) finding {
	return overTLS(l, func(s shake) finding {
		leaf, _ := s.chain()
		if leaf.VerifyHostname(l.issuer.Hostname()) != nil {
			return bad("for "+orNone(names(leaf)), l.issuer.Hostname())
		}
		return good("for %s", l.issuer.Hostname())
	})
}

func names(c *x509.Certificate) []string {
	list := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		list = append(list, ip.String())
	}
	return list
}

func tlsDates(l *look) finding {
	return overTLS(l, func(s shake) finding {
		leaf, _ := s.chain()
		if now := l.o.Clock.Now(); now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
			return bad("from "+leaf.NotBefore.Format(time.DateOnly)+" to "+leaf.NotAfter.Format(time.DateOnly), "to cover "+now.Format(time.DateOnly))
		}
		return good("until %s", leaf.NotAfter.Format(time.DateOnly))
	})
}

const day = 24 * time.Hour

func tlsDaysLeft(l *look) finding {
	return overTLS(l, func(s shake) finding {
		leaf, _ := s.chain()
		left := leaf.NotAfter.Sub(l.o.Clock.Now())
		if left < 0 {
			return without("the certificate is over")
		}
		if left < 14*day {
			return bad(fmt.Sprintf("%d days left", left/day), "14")
		}
		return good("%d days", left/day)
	})
}

// tlsChain looks at a moment at which the certificate is valid: its dates have a check of their own.
func tlsChain(l *look) finding {
	return overTLS(l, func(s shake) finding {
		leaf, rest := s.chain()
		at := l.o.Clock.Now()
		if at.After(leaf.NotAfter) {
			at = leaf.NotAfter
		}
		if at.Before(leaf.NotBefore) {
			at = leaf.NotBefore
		}
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: l.o.Roots, Intermediates: rest, CurrentTime: at}); err != nil {
			return bad(err.Error(), "a chain to a trusted root")
		}
		return good("%d certificates", len(s.state.PeerCertificates))
	})
}

func hsts(l *look) finding {
	return atAuthorize(l, func(_ string, page *answer) finding {
		if !l.secure() || page.err != nil {
			return without("the issuer is not https")
		}
		value := page.header.Get("Strict-Transport-Security")
		m := maxAge().FindStringSubmatch(value)
		if m == nil {
			return bad(orAbsent(value), "max-age=31536000")
		}
		if seconds, err := strconv.Atoi(m[1]); err != nil || time.Duration(seconds)*time.Second < 180*day {
			return bad(value, "max-age=31536000")
		}
		return good("%s", value)
	})
}

func orAbsent(value string) string {
	if value == "" {
		return "(absent)"
	}
	return value
}

func plainHTTP(l *look) finding {
	if !l.secure() || l.issuer.Port() != "" {
		return without("the issuer is not at port 443")
	}
	a := l.get("http://" + l.issuer.Host + "/")
	if a.err != nil {
		return good("closed")
	}
	to := a.location()
	if a.redirect() && !l.home(to) || a.status < 300 || a.status >= 500 {
		return bad(a.String(), "a redirect to "+l.root("/"))
	}
	return good("%v", a)
}

// tolerated by JWT libraries, most of which allow from none to a minute.
const tolerated = 30 * time.Second

func clock(l *look) finding {
	a := l.firstMetadata()
	if a.err != nil || a.header.Get("Date") == "" {
		return without("no Date")
	}
	// Date has whole seconds.
	if skew := a.skew.Abs().Round(time.Second); skew > tolerated {
		side := "ahead"
		if a.skew < 0 {
			side = "behind"
		}
		return bad(fmt.Sprintf("%s %s", skew, side), "at most "+tolerated.String())
	}
	return good("within %s", max(a.skew.Abs().Round(time.Second), time.Second))
}

func httpVersions(l *look) finding {
	if !l.secure() {
		return without("the issuer is not https")
	}
	a := l.ask(question{method: http.MethodGet, url: l.spellings()[0], http2: true})
	if a.err != nil || a.proto != "HTTP/2.0" {
		if a.err != nil {
			return bad(a.err.Error(), "HTTP/2.0")
		}
		return bad(a.proto, "HTTP/2.0")
	}
	if !bytes.Equal(a.body, l.firstMetadata().body) {
		return bad(a.String()+" by HTTP/2", l.firstMetadata().String()+" as by HTTP/1.1")
	}
	return good("HTTP/1.1 and HTTP/2")
}

func keepAlive(l *look) finding {
	if !l.reused {
		return bad("a new connection each time", "the same one")
	}
	return good("kept")
}

var varies = pattern(`(?i)(?:^|,)\s*(?:accept-encoding|\*)\s*(?:,|$)`)

func compression(l *look) finding {
	a := l.get(l.spellings()[0], "Accept-Encoding: gzip")
	encoding := ""
	if a.err == nil {
		encoding = a.header.Get("Content-Encoding")
	}
	if encoding == "" {
		if a.err != nil || !bytes.Equal(a.body, l.firstMetadata().body) {
			return bad(a.String()+" to Accept-Encoding: gzip", l.firstMetadata().String())
		}
		return good("not compressed")
	}
	plain, err := unpacked(a.body)
	if encoding != "gzip" || err != nil || !bytes.Equal(plain, l.firstMetadata().body) {
		return bad("Content-Encoding: "+encoding+", other bytes when unpacked", "gzip of the same bytes")
	}
	if !varies().MatchString(strings.Join(a.header.Values("Vary"), ",")) {
		return bad("Vary: "+orAbsent(a.header.Get("Vary")), "Accept-Encoding in it")
	}
	return good("gzip")
}

func unpacked(body []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, bodyLimit))
}
