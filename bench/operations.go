package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"launchpad/bench/drive"
)

// operation is one thing that is measured, and what it may cost.
type operation struct {
	name       string
	title      string
	budget     float64 // at most so many times the floor
	tail       float64 // of the p99, at most so many times the floor's; 0: it is not judged
	sqliteOnly bool    // the budget is
	beside     string  // which floor; "": the bare handler
	requests   int     // that one operation takes
	ready      func(context.Context, *bench, *site, string, int) (plan, error)
}

// Floors beside the bare handler.
const (
	besideProxy   = "proxy"   // a bare proxy
	besideDutiful = "dutiful" // a handler that limits, counts and logs each request in the plainest way
)

// plan is an operation made ready for the two servers and a number of connections.
type plan struct {
	floor, launchpad []worker
	// fresh provides what each pair of rounds uses up; nil if nothing is.
	fresh func(ctx context.Context, operations int) error
}

// operations is everything that is measured against the floor. What fills the database comes last.
var operations = []operation{
	{name: "client_credentials", title: "`client_credentials`, sealed", budget: 2, requests: 1, ready: readySealed},
	{name: "jwt", title: "`client_credentials`, ES256 JWT", budget: 3, requests: 1, ready: readyJWT},
	{name: "introspection", title: "introspection, own tokens", budget: 1.6, requests: 1, ready: readyIntrospection},
	{name: "gateway", title: "gateway verification", budget: 1.6, requests: 1, ready: readyGateway},
	{name: "proxy", title: "gateway and upstream, sealed token", budget: 1.25, tail: 1.5, beside: besideProxy, requests: 1, ready: readyProxy},
	{name: "proxy_jwt", title: "gateway and upstream, JWT", budget: 1.3, tail: 1.5, beside: besideProxy, requests: 1, ready: readyProxyJWT},
	{name: "forward_auth", title: "forward-auth, sealed token", budget: 1.5, requests: 1, ready: readyForwardAuth},
	{name: "discovery", title: "discovery", budget: 1.1, requests: 1, ready: document("/.well-known/oauth-authorization-server", "/metadata")},
	{name: "jwks", title: "JWKS", budget: 1.1, requests: 1, ready: document("/oauth/jwks", "/jwks")},
	{name: "gateway_dutiful", title: "gateway verification, beside a handler that limits, counts and logs, and verifies nothing", budget: 1.6, beside: besideDutiful, requests: 1, ready: readyGateway},
	{name: "discovery_dutiful", title: "discovery, beside a handler that limits, counts and logs", budget: 1, beside: besideDutiful, requests: 1, ready: document("/.well-known/oauth-authorization-server", "/metadata")},
	{name: "jwks_dutiful", title: "JWKS, likewise", budget: 1, beside: besideDutiful, requests: 1, ready: document("/oauth/jwks", "/jwks")},
	{name: "refresh", title: "refresh, acknowledged durable", budget: 4, sqliteOnly: true, requests: 1, ready: readyRefresh},
	{name: "flow", title: "code flow, per flow", budget: 18, requests: 2, ready: readyFlow},
}

// durable is measured against a bare UPDATE and so is not in the list.
const durable = "durable"

func names() []string {
	list := make([]string, 0, len(operations)+1)
	for _, o := range operations {
		list = append(list, o.name)
	}
	return append(list, durable)
}

func readySealed(_ context.Context, _ *bench, s *site, floor string, connections int) (plan, error) {
	return s.tokenRequests(floor, s.facts.Apps.Machine, connections), nil
}

// registerJWT makes the app whose tokens are JWTs, once.
func (b *bench) registerJWT(s *site) error {
	if b.robot != nil {
		return nil
	}
	robot, err := s.browser.RegisterJWT(s.facts)
	if err != nil {
		return fmt.Errorf("register an app for JWTs: %w", err)
	}
	b.robot = &robot
	return nil
}

func readyJWT(ctx context.Context, b *bench, s *site, floor string, connections int) (plan, error) {
	if err := b.registerJWT(s); err != nil {
		return plan{}, err
	}
	tokens, err := s.accessTokens(ctx, *b.robot, 1)
	if err != nil {
		return plan{}, err
	}
	if !isJWT(tokens[0]) {
		return plan{}, errors.New("the app's access tokens are not JWTs")
	}
	return s.tokenRequests(floor, *b.robot, connections), nil
}

func (s *site) tokenRequests(floor string, a drive.App, connections int) plan {
	return plan{
		floor:     repeated(connections, post(floor, "/oauth/token", clientCredentials, basic(a))),
		launchpad: repeated(connections, post(s.address, "/oauth/token", clientCredentials, basic(a))),
	}
}

func document(path, floorPath string) func(context.Context, *bench, *site, string, int) (plan, error) {
	return func(_ context.Context, _ *bench, s *site, floor string, connections int) (plan, error) {
		return plan{
			floor:     repeated(connections, get(floor, floorPath)),
			launchpad: repeated(connections, get(s.address, path)),
		}, nil
	}
}

// introspected is how many different tokens are asked about.
const introspected = 10_000

func readyIntrospection(ctx context.Context, _ *bench, s *site, floor string, connections int) (plan, error) {
	tokens, err := s.accessTokens(ctx, s.facts.Apps.Machine, introspected)
	if err != nil {
		return plan{}, err
	}
	ask := func(host string, wanted []byte) []worker {
		workers := make([]worker, connections)
		for i := range workers {
			request := changing{head: postHead(host, "/oauth/introspect", basic(s.facts.Apps.Machine)), form: "token="}
			next := i
			workers[i] = func(c *connection) error {
				found, err := c.exchange(request.with([]byte(tokens[next%len(tokens)])))
				next += connections
				// An inactive token is a success on the wire.
				if err == nil && !bytes.Contains(found.body, wanted) {
					return fmt.Errorf("answered %s", found.body)
				}
				return err
			}
		}
		return workers
	}
	return plan{floor: ask(floor, []byte(`"access_token"`)), launchpad: ask(s.address, []byte(`"active":true`))}, nil
}

func readyRefresh(_ context.Context, _ *bench, s *site, floor string, connections int) (plan, error) {
	chains, err := s.chains(connections)
	if err != nil {
		return plan{}, err
	}
	return plan{
		floor:     repeated(connections, post(floor, "/oauth/token", refreshForm+string(chains[0].token), basic(s.facts.Apps.Web))),
		launchpad: refreshing(chains),
	}, nil
}

// readyFlow: the person is signed in and has allowed the app before.
func readyFlow(_ context.Context, _ *bench, s *site, floor string, connections int) (plan, error) {
	code, err := s.browser.Authorize(s.facts.Apps.Web)
	if err != nil {
		return plan{}, err
	}
	authorize := get(s.address, s.authorization(), "Cookie: "+s.browser.Cookies())
	workers := make([]worker, connections)
	for i := range workers {
		redeem := changing{head: postHead(s.address, "/oauth/token", basic(s.facts.Apps.Web)), form: s.redemption()}
		workers[i] = func(c *connection) error {
			sent, err := c.exchange(authorize)
			if err != nil {
				return err
			}
			code := between(sent.header("Location"), "?code=", "&")
			if code == nil {
				return fmt.Errorf("answered %d without a code: %s", sent.status, sent.header("Location"))
			}
			_, err = c.exchange(redeem.with(code))
			return err
		}
	}
	return plan{
		floor:     repeated(connections, post(floor, "/oauth/token", s.redemption()+code, basic(s.facts.Apps.Web))),
		launchpad: workers,
	}, nil
}
