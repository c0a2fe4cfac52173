package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"

	"launchpad/bench/drive"
)

// Calls of the sample API: many tokens, few of which come often, and some that come for the first time.
const (
	knownTokens = 100_000
	zipfSkew    = 1.1
	unseenEach  = 10 // one call in so many
)

// tokenPool is the tokens that are presented. Both servers get the same.
type tokenPool struct {
	known  []string
	unseen []string
}

func readyGateway(ctx context.Context, _ *bench, s *site, floor string, connections int) (plan, error) {
	var pool tokenPool
	var err error
	if pool.known, err = s.accessTokens(ctx, s.facts.Apps.Machine, knownTokens); err != nil {
		return plan{}, err
	}
	var usedByFloor, usedByLaunchpad atomic.Int64
	return plan{
		floor:     pool.callers(get(floor, "/api"), connections, &usedByFloor),
		launchpad: pool.callers(get(s.address, "/v3/dashboards"), connections, &usedByLaunchpad),
		fresh: func(ctx context.Context, operations int) error {
			usedByFloor.Store(0)
			usedByLaunchpad.Store(0)
			var err error
			pool.unseen, err = s.accessTokens(ctx, s.facts.Apps.Machine, operations/unseenEach+connections)
			return err
		},
	}, nil
}

// callers send a request with a token from the pool. used counts the unseen tokens that this server has seen.
func (p *tokenPool) callers(request []byte, connections int, used *atomic.Int64) []worker {
	workers := make([]worker, connections)
	open := append(request[:len(request)-len("\r\n")], "Authorization: Bearer "...)
	for i := range workers {
		pick := rand.NewZipf(rand.New(rand.NewPCG(1, uint64(i))), zipfSkew, 1, knownTokens-1)
		calls := 0
		var buffer []byte
		workers[i] = func(c *connection) error {
			token := p.known[pick.Uint64()]
			if calls++; calls%unseenEach == 0 {
				next := int(used.Add(1)) - 1
				if next >= len(p.unseen) {
					return errors.New("ran out of tokens that were never seen")
				}
				token = p.unseen[next]
			}
			buffer = append(append(append(buffer[:0], open...), token...), "\r\n\r\n"...)
			_, err := c.exchange(buffer)
			return err
		}
	}
	return workers
}

// proxiedTokens take turns at the upstream: each is stated anew twice a minute.
const proxiedTokens = 100

func readyProxy(ctx context.Context, _ *bench, s *site, proxy string, connections int) (plan, error) {
	return s.proxied(ctx, s.facts.Apps.Machine, proxy, connections)
}

func readyProxyJWT(ctx context.Context, b *bench, s *site, proxy string, connections int) (plan, error) {
	if err := b.registerJWT(s); err != nil {
		return plan{}, err
	}
	return s.proxied(ctx, *b.robot, proxy, connections)
}

// proxied sends the same requests, tokens and all, through the bare proxy and through the gateway.
func (s *site) proxied(ctx context.Context, app drive.App, proxy string, connections int) (plan, error) {
	tokens, err := s.accessTokens(ctx, app, proxiedTokens)
	if err != nil {
		return plan{}, err
	}
	return plan{floor: taking(tokens, connections, proxy, "/v4/dashboards"), launchpad: taking(tokens, connections, s.address, "/v4/dashboards")}, nil
}

// taking makes workers that send a request with one token after the other.
func taking(tokens []string, connections int, host, path string, headers ...string) []worker {
	requests := make([][]byte, len(tokens))
	for i, token := range tokens {
		requests[i] = get(host, path, append(headers, "Authorization: Bearer "+token)...)
	}
	workers := make([]worker, connections)
	for i := range workers {
		next := i
		workers[i] = func(c *connection) error {
			next++
			_, err := c.exchange(requests[next%len(requests)])
			return err
		}
	}
	return workers
}

// readyForwardAuth asks as nginx would, about a call of the sample API, with many tokens in turn.
func readyForwardAuth(ctx context.Context, _ *bench, s *site, floor string, connections int) (plan, error) {
	tokens, err := s.accessTokens(ctx, s.facts.Apps.Machine, introspected)
	if err != nil {
		return plan{}, err
	}
	asked := []string{"X-Original-URL: " + s.facts.API, "X-Original-Method: GET", "X-Forwarded-For: 192.0.2.1"}
	return plan{
		floor:     taking(tokens, connections, floor, "/verdict", asked...),
		launchpad: taking(tokens, connections, s.address, "/oauth/forward-auth/nginx", asked...),
	}, nil
}
