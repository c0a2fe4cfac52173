package resource

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"launchpad/internal/core"
	"launchpad/oauth"
)

// Options say which Launchpad the API trusts and how it is reached.
type Options struct {
	// Issuer of the tokens, without a slash at the end.
	Issuer string
	// Server is where the API reaches the issuer, if not at its public address.
	Server string
	// ClientID and ClientSecret are the API's own; an operator has switched introspection on for it. Without them only JWTs
	// are taken, and each until it expires: then nothing is heard of revocations.
	ClientID     string
	ClientSecret string
	// Resource is the API's own address: what tokens for it name as their audience (RFC 8707), and where DPoP proofs must
	// have been made for (RFC 9449 §4.3).
	Resource string
	// Audiences are further names of the API that a token may have been issued for. JWTs of apps that asked for no API name
	// the issuer.
	Audiences []string
	// Scopes are all that the API knows, for its metadata.
	Scopes []string
	// Name of the API for people, for its metadata.
	Name string

	// Bound is how long memory may decide without news from the feed; 5 s if zero.
	Bound time.Duration
	// MaxAge is how long an answer about a token is kept at most; a minute if zero.
	MaxAge time.Duration
	// CacheBytes bounds what is kept of good tokens; 32 MiB if zero. A quarter more is for strings that are none.
	CacheBytes int

	// DPoP lets a bare 401 ask for DPoP, too. Tokens that are bound to a key need a proof in any case. This version of the
	// server issues none that are: the switch is for servers that do.
	DPoP bool
	// Account says which account a call names, "" for none; if nil, the path's {account} and then the header
	// Launchpad-Account.
	Account func(*http.Request) string
	// Certificate gives the client's certificate where TLS ends in front of the API; if nil, that of the connection. It
	// must not be read from a header that clients can send.
	Certificate func(*http.Request) *x509.Certificate

	// Client sends the API's own requests; if nil, one with a timeout of 5 s that follows no redirects.
	Client *http.Client
	// Now is the clock; if nil, the machine's.
	Now func() time.Time
	// Log hears when the feed is lost and found; if nil, nobody does.
	Log *slog.Logger
}

// Defaults of Options.
const (
	DefaultBound      = 5 * time.Second
	DefaultMaxAge     = time.Minute
	DefaultCacheBytes = 32 << 20
)

// patience of a request to the server.
const patience = 5 * time.Second

// Verifier protects one API. It is safe for concurrent use.
type Verifier struct {
	o         Options
	audiences []string
	home      *url.URL // of Resource
	elapsed   func() time.Duration

	keys   keySet
	known  *cache // answers about good tokens
	bad    *cache // digests of strings that are none
	flight flight
	marks  marks
	feed   following
	proofs replays
}

// New makes a verifier. It sends nothing; Run follows the feed.
func New(o Options) (*Verifier, error) {
	issuer, err := url.Parse(o.Issuer)
	if err != nil || issuer.Host == "" || strings.HasSuffix(o.Issuer, "/") {
		return nil, fmt.Errorf("resource: issuer %q is not an address without a slash at the end", o.Issuer)
	}
	home, err := url.Parse(o.Resource)
	if err != nil || home.Host == "" || home.Fragment != "" {
		// RFC 8707 §2: an absolute URI without a fragment.
		return nil, fmt.Errorf("resource: %q is not the address of an API", o.Resource)
	}
	if (o.ClientID == "") != (o.ClientSecret == "") {
		return nil, errors.New("resource: client id and secret belong together")
	}
	for _, scope := range o.Scopes {
		if parsed, err := oauth.ParseScope(scope); err != nil || len(parsed) != 1 {
			return nil, fmt.Errorf("resource: %q is not a scope", scope)
		}
	}
	v := &Verifier{home: home, audiences: append([]string{o.Resource}, o.Audiences...)}
	if o.Now == nil {
		o.Now = core.SystemClock{}.Now
		v.elapsed = core.NewStopwatch().Elapsed // nobody can set it back
	} else {
		began, now := o.Now(), o.Now
		v.elapsed = func() time.Duration { return now().Sub(began) }
	}
	o.Server = or(o.Server, o.Issuer)
	o.Bound, o.MaxAge, o.CacheBytes = or(o.Bound, DefaultBound), or(o.MaxAge, DefaultMaxAge), or(o.CacheBytes, DefaultCacheBytes)
	if o.Account == nil {
		o.Account = namedAccount
	}
	if o.Certificate == nil {
		o.Certificate = peerCertificate
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: patience, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}, CheckRedirect: stay}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	v.o, v.known, v.bad = o, newCache(o.CacheBytes), newCache(o.CacheBytes/4)
	return v, nil
}

func or[T comparable](given, otherwise T) T {
	var zero T
	if given == zero {
		return otherwise
	}
	return given
}

// stay: our secret goes to the address that was configured and nowhere else.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// asks reports whether the server can be asked about tokens at all.
func (v *Verifier) asks() bool { return v.o.ClientID != "" }

// request makes one of the API's own requests.
func (v *Verifier) request(ctx context.Context, method, path string, form url.Values) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, v.o.Server+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	// RFC 6749 §2.3.1: both are form-encoded first.
	r.SetBasicAuth(url.QueryEscape(v.o.ClientID), url.QueryEscape(v.o.ClientSecret))
	return r, nil
}
