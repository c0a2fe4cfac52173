package doctor_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/doctor"
	"launchpad/internal/fetch"
	"launchpad/internal/lptest"
)

const (
	issuer = "https://id.example.com"
	api    = issuer + lptest.AgentCalls

	metadataPath    = "/.well-known/oauth-authorization-server"
	openidPath      = "/.well-known/openid-configuration"
	resourceAddress = "/.well-known/oauth-protected-resource/agents"
	registerPath    = "/oauth/register"
)

// world is a real Launchpad behind TLS, as the doctor reaches it: its network leads nowhere else.
type world struct {
	server *lptest.Server
	trust  authority
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s := lptest.Start(t, lptest.Engines(t)[0], lptest.WithIssuer(issuer), lptest.WithAgents(fetch.Options{}))
	return &world{server: s, trust: newAuthority(t)}
}

func parsed(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// spoil is what is broken in front of the server, and how the doctor is sent there.
type spoil struct {
	before  func(w http.ResponseWriter, r *http.Request) bool // answers in the server's place
	after   func(r *http.Request, res *http.Response)         // changes its answer
	tls     func(*tls.Config)
	leaf    certificate
	http1   bool             // no HTTP/2
	brief   bool             // no keep-alive
	plain   http.HandlerFunc // answers at port 80
	clear   bool             // or everything does
	options func(*doctor.Options)
}

// front puts the spoilt proxy in front of the server and gives what the doctor needs to look through it.
func (w *world) front(t *testing.T, s spoil) doctor.Options {
	t.Helper()
	real := s.proxy(parsed(t, w.server.URL))
	spoilt := httptest.NewUnstartedServer(real)
	spoilt.EnableHTTP2, spoilt.TLS = !s.http1, &tls.Config{Certificates: []tls.Certificate{w.trust.issue(t, s.leaf)}}
	if s.tls != nil {
		s.tls(spoilt.TLS)
	}
	spoilt.Config.ErrorLog = log.New(io.Discard, "", 0)
	spoilt.Config.SetKeepAlivesEnabled(!s.brief)
	spoilt.StartTLS()
	t.Cleanup(spoilt.Close)
	if s.plain == nil {
		s.plain = func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, issuer+r.URL.RequestURI(), http.StatusMovedPermanently)
		}
	}
	if s.clear {
		s.plain = real.ServeHTTP
	}
	plain := httptest.NewServer(s.plain)
	t.Cleanup(plain.Close)
	o := doctor.Options{
		Issuer: issuer, APIs: []string{api}, ClientID: w.server.Web.ClientID, RedirectURI: lptest.Redirect, Clock: core.SystemClock{}, Roots: w.trust.roots,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			to := map[string]string{"id.example.com:443": spoilt.Listener.Addr().String(), "id.example.com:80": plain.Listener.Addr().String()}[address]
			return (&net.Dialer{}).DialContext(ctx, network, to)
		},
	}
	if s.options != nil {
		s.options(&o)
	}
	return o
}

func (s spoil) proxy(to *url.URL) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.before != nil && s.before(w, r) {
			return
		}
		pass(to, func(res *http.Response) {
			if s.after != nil {
				s.after(r, res)
			}
		}).ServeHTTP(w, r)
	})
}

// pass is a proxy that keeps the Host and takes forged headers out, as it should.
func pass(to *url.URL, after func(*http.Response)) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(to)
			p.Out.Host = p.In.Host
			p.Out.Header.Del("X-Original-URL")
		},
		ModifyResponse: func(res *http.Response) error {
			after(res)
			return nil
		},
		ErrorLog: log.New(io.Discard, "", 0),
	}
}

type document map[string]any

// edit changes the JSON of an answer, if it is some.
func edit(res *http.Response, change func(document)) {
	body, err := io.ReadAll(res.Body)
	var d document
	if err == nil && json.Unmarshal(body, &d) == nil {
		change(d)
		body, _ = json.Marshal(d) // it came from JSON
	}
	replace(res, body)
}

func replace(res *http.Response, body []byte) {
	res.Body = io.NopCloser(bytes.NewReader(body))
	res.ContentLength = int64(len(body))
	res.Header.Del("Content-Length")
}

// authority is a root, and the intermediate that issues.
type authority struct {
	roots *x509.CertPool
	chain []byte
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
}

// certificate says how the deployment's own is not as it should be.
type certificate struct {
	name  string        // id.example.com if empty
	left  time.Duration // 90 days if 0
	alone bool          // is sent without the intermediate
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	root, rootKey := signed(t, &x509.Certificate{Subject: pkix.Name{CommonName: "Sample root"}, IsCA: true}, nil, nil, 10*365*24*time.Hour)
	between, key := signed(t, &x509.Certificate{Subject: pkix.Name{CommonName: "Sample intermediate"}, IsCA: true}, root, rootKey, 5*365*24*time.Hour)
	a := authority{roots: x509.NewCertPool(), chain: between.Raw, cert: between, key: key}
	a.roots.AddCert(root)
	return a
}

func (a authority) issue(t *testing.T, c certificate) tls.Certificate {
	t.Helper()
	if c.name == "" {
		c.name = "id.example.com"
	}
	if c.left == 0 {
		c.left = 90 * 24 * time.Hour
	}
	leaf, key := signed(t, &x509.Certificate{Subject: pkix.Name{CommonName: c.name}, DNSNames: []string{c.name}}, a.cert, a.key, c.left)
	sent := tls.Certificate{Certificate: [][]byte{leaf.Raw, a.chain}, PrivateKey: key}
	if c.alone {
		sent.Certificate = sent.Certificate[:1]
	}
	return sent
}

// signed makes a certificate that began long ago; without an issuer it is its own.
func signed(t *testing.T, template, by *x509.Certificate, byKey *ecdsa.PrivateKey, left time.Duration) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber, template.BasicConstraintsValid = big.NewInt(1), true
	template.NotBefore, template.NotAfter = time.Now().Add(-365*24*time.Hour), time.Now().Add(left)
	if by == nil {
		by, byKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by, &key.PublicKey, byKey)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c, key
}
