package keys

import (
	"encoding/binary"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/secret"
)

// Site is what a browser carries between us and a host that a proxy guards.
type Site struct {
	Step      SiteStep
	Origin    string  // of the host, to which it is bound
	Path      string  // with the query: where the person wants to go; "" in a pass
	Browser   string  // digest of the browser's cookie at the host; "" in a pass
	SessionID core.ID // zero in a request
	Proof     core.ID // that whoever sealed it knew the session's row: a stolen sealing key alone forges nothing
	At        time.Time
}

// SiteStep is what a sealed Site is good for, so that none passes as another.
type SiteStep byte

const (
	SiteRequest  SiteStep = iota + 1 // to sign in for a host
	SiteHandOver                     // to the host, of somebody who has
	SitePass                         // of a browser at the host: its cookie
)

// SealSite writes one.
func (k *Keys) SealSite(s Site) string {
	sealed, _ := k.seal(RingSite, secret.Site, appendSite(nil, s))
	return sealed
}

// OpenSite reads one. It says nothing about its age.
func (k *Keys) OpenSite(sealed string) (Site, error) {
	payload, _, err := k.open(RingSite, secret.Site, sealed)
	if err != nil {
		return Site{}, err
	}
	return parseSite(payload)
}

func appendSite(b []byte, s Site) []byte {
	b = append(b, byte(s.Step))
	b = binary.AppendUvarint(b, uint64(s.At.Unix()))
	b = append(b, s.SessionID[:]...)
	b = append(b, s.Proof[:]...)
	for _, text := range []string{s.Origin, s.Path, s.Browser} {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	return b
}

func parseSite(b []byte) (Site, error) {
	r := reader{b: b}
	s := Site{Step: SiteStep(r.byte())}
	r.refuse(s.Step < SiteRequest || s.Step > SitePass)
	s.At = time.Unix(int64(r.upTo(lastSecond)), 0).UTC()
	s.SessionID, s.Proof = r.id(), r.id()
	for _, text := range []*string{&s.Origin, &s.Path, &s.Browser} {
		*text = string(r.bytes(int(r.upTo(1 << 16))))
	}
	return s, r.end()
}
