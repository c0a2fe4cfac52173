package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"launchpad/internal/core"
)

// Options says what is looked at, and through what.
type Options struct {
	Issuer string
	APIs   []string // addresses of calls that need a token
	// An app that exists, and one of its redirect URIs, for what only a known app can be told. Both or none.
	ClientID, RedirectURI string

	Each time.Duration // that one request may take; 0: 5 s
	All  time.Duration // that everything may take; 0: 2 minutes

	Clock    core.Clock
	Dial     func(ctx context.Context, network, address string) (net.Conn, error) // nil: the network
	Roots    *x509.CertPool                                                       // nil: those of this machine
	Progress func(done, total int)                                                // nil: nobody watches
}

// How long is waited if nothing else is said.
const (
	each = 5 * time.Second
	all  = 2 * time.Minute
)

// Examine looks at everything once. It fails only if it could not look at all.
func Examine(ctx context.Context, o Options) (*Report, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.All)
	defer cancel()
	l := newLook(ctx, o)
	defer l.close()
	if err := l.reach(); err != nil {
		return nil, err
	}
	report := &Report{Issuer: o.Issuer, APIs: append([]string{}, o.APIs...), LookedAt: o.Clock.Now().Truncate(time.Second)}
	list := Checks()
	for i, c := range list {
		report.Checks = append(report.Checks, c.result(l))
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("not done in time, after %d of %d checks: %w", i, len(list), err)
		}
		if o.Progress != nil {
			o.Progress(i+1, len(list))
		}
	}
	report.conclude()
	return report, nil
}

func (o *Options) complete() error {
	for _, address := range append([]string{o.Issuer}, o.APIs...) {
		if err := lookable(address); err != nil {
			return err
		}
	}
	if (o.ClientID == "") != (o.RedirectURI == "") {
		return errors.New("a client_id needs one of the app's redirect URIs beside it, and the other way round")
	}
	if o.Each == 0 {
		o.Each = each
	}
	if o.All == 0 {
		o.All = all
	}
	if o.Clock == nil {
		o.Clock = core.SystemClock{}
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	return nil
}

// lookable: RFC 8414 §2 allows an issuer no query and no fragment; neither makes sense for an API here.
func lookable(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.User != nil || strings.ContainsAny(address, "?#") {
		return fmt.Errorf("%q must be https:// and a host, maybe with a path (http:// works too, and is said to be wrong)", address)
	}
	return nil
}
