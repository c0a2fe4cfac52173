package resource

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"launchpad/internal/jose"
)

// bound checks that a token is used by whoever it was issued to, where it says so.
func (v *Verifier) bound(r *http.Request, p presented, t *Token) *refusal {
	switch {
	case t.cnf.unknown:
		return invalidToken("The access token is bound in a way that this API cannot check")
	case t.cnf.JKT != "" && !p.proof:
		// RFC 9449 §7.2: a bound token is not a bearer's.
		refusal := invalidToken("The access token is bound to a key; send it with the scheme DPoP and a proof")
		refusal.proof = true
		return refusal
	case t.cnf.JKT == "" && p.proof:
		refusal := invalidToken("The access token is not bound to a key; send it with the scheme Bearer")
		return refusal
	}
	if t.cnf.JKT != "" {
		if refusal := v.proved(r, p.token, t.cnf.JKT); refusal != nil {
			return refusal
		}
	}
	if t.cnf.X5T != "" && !holds(v.o.Certificate(r), t.cnf.X5T) {
		// RFC 8705 §3.
		return invalidToken("The access token is bound to a client certificate, which did not come along")
	}
	return nil
}

func peerCertificate(r *http.Request) *x509.Certificate {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil
	}
	return r.TLS.PeerCertificates[0]
}

func holds(certificate *x509.Certificate, thumbprint string) bool {
	if certificate == nil {
		return false
	}
	sum := sha256.Sum256(certificate.Raw)
	return same(base64.RawURLEncoding.EncodeToString(sum[:]), thumbprint)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// A proof is good for as long after it was made, and before, since clocks differ.
const (
	proofAge    = time.Minute
	proofFuture = 10 * time.Second
)

// proved is RFC 9449 §4.3.
func (v *Verifier) proved(r *http.Request, token, thumbprint string) *refusal {
	lines := r.Header["Dpop"]
	if len(lines) != 1 {
		return badProof("Send exactly one DPoP header")
	}
	p, err := jose.VerifyProof(lines[0])
	if err != nil {
		v.o.Log.Debug("a DPoP proof is none", "cause", err)
		return badProof("The DPoP header is not a proof that can be verified")
	}
	sum := sha256.Sum256([]byte(token))
	age := v.o.Now().Sub(time.Unix(min(max(p.IssuedAt, 0), lastSecond), 0))
	switch {
	case !same(p.Thumbprint, thumbprint):
		return badProof("The proof was made with another key than the one that the access token is bound to")
	case p.Method != r.Method:
		return badProof("The proof was made for another method: htm")
	case !v.sameAddress(p.Address, r.URL):
		return badProof("The proof was made for another address: htu")
	case !same(p.TokenHash, base64.RawURLEncoding.EncodeToString(sum[:])):
		return badProof("The proof was made for another access token: ath")
	case age > proofAge || age < -proofFuture:
		return badProof("The proof is too old, or the clocks differ: iat")
	case p.ID == "" || len(p.ID) > 256:
		return badProof("The proof has no usable jti")
	}
	switch fresh, full := v.proofs.first(p.Thumbprint, p.ID, v.elapsed()); {
	case full:
		return unavailable()
	case !fresh:
		return badProof("The proof was used before; make one for each request")
	}
	return nil
}

// sameAddress compares htu with the address that the client called: the API's own, whatever proxies made of it. RFC 9449
// §4.3: without query and fragment, after normalisation.
func (v *Verifier) sameAddress(htu string, called *url.URL) bool {
	u, err := url.Parse(htu)
	return err == nil && u.User == nil && u.Opaque == "" &&
		strings.EqualFold(u.Scheme, v.home.Scheme) && host(u) == host(v.home) && or(u.EscapedPath(), "/") == or(called.EscapedPath(), "/")
}

func host(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[strings.ToLower(u.Scheme)]
	}
	return strings.ToLower(u.Hostname()) + ":" + port
}

// replays remembers proofs for as long as they would be good.
type replays struct {
	mu    sync.Mutex
	seen  map[digest]bool
	order []replay
}

type replay struct {
	of    digest
	until time.Duration
}

// mostProofs at a time; beyond them proofs are refused for the moment rather than forgotten.
const mostProofs = 200_000

// first reports whether a proof was not seen before. RFC 9449 §11.1.
func (r *replays) first(thumbprint, id string, now time.Duration) (fresh, full bool) {
	of := digestOf(thumbprint + " " + id) // a thumbprint has no spaces
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.order) > 0 && now >= r.order[0].until {
		delete(r.seen, r.order[0].of)
		r.order = r.order[1:]
	}
	if r.seen[of] {
		return false, false
	}
	if len(r.order) >= mostProofs {
		return false, true
	}
	if r.seen == nil {
		r.seen = map[digest]bool{}
	}
	r.seen[of] = true
	r.order = append(r.order, replay{of, now + proofAge + proofFuture + time.Second})
	return true, false
}
