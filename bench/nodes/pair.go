package main

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"launchpad/bench/drive"
	"launchpad/internal/sample"
)

// pair is two nodes over one database; the second one's way to it leads through a line that can be disturbed.
type pair struct {
	facts    drive.Facts
	database string
	line     *line
	upstream *httptest.Server
	a, b     node

	mu       sync.Mutex
	rows     []row
	wrong    []string
	givenUp  int   // revocations that were answered with a passing fault
	asked    int   // again, since the answer was 503 though nothing was disturbed
	verified int64 // lines of the log
}

type node struct {
	*drive.Client
	process *drive.Server
}

// configuration of the second node: the demo brings its own API, a node that serves is told of one.
const configuration = `
[[scope]]
name = "dashboards:read"
words = "Your dashboards"

[[scope]]
name = "dashboards:write"
words = "Add and edit dashboards"

[[api]]
prefix = "/v3/"
upstream = %q

[[api.route]]
method = "GET"
path = "/v3/dashboards"
scope = "dashboards:read"
`

func open(ctx context.Context, dir string, launch drive.Launch) (*pair, error) {
	demo, err := launch.Start(ctx)
	if err != nil {
		return nil, err
	}
	p := &pair{facts: demo.Facts, database: launch.Database, a: node{drive.NewClient(demo.Facts.Issuer), demo}}
	if err := p.openSecond(ctx, dir, launch); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *pair) openSecond(ctx context.Context, dir string, launch drive.Launch) error {
	address, err := url.Parse(launch.Database)
	if err != nil {
		return err
	}
	if p.line, err = newLine(address.Host); err != nil {
		return err
	}
	address.Host = p.line.address()
	p.upstream = httptest.NewServer(sample.API())
	beside, err := launch.Beside(p.a.process)
	if err != nil {
		return err
	}
	limits, err := os.ReadFile(launch.Config)
	if err != nil {
		return err
	}
	beside.Database, beside.Config = address.String(), filepath.Join(dir, "second.toml")
	if err := os.WriteFile(beside.Config, append(fmt.Appendf(nil, configuration, p.upstream.URL), limits...), 0o600); err != nil {
		return err
	}
	second, err := beside.Start(ctx)
	if err != nil {
		return err
	}
	p.b = node{drive.NewClient("http://" + beside.Listen), second}
	return nil
}

func (p *pair) close() {
	p.a.process.Kill()
	if p.b.process != nil {
		p.b.process.Kill()
	}
	if p.line != nil {
		p.line.close()
	}
	if p.upstream != nil {
		p.upstream.Close()
	}
}

// account is the one that every call is about.
func (p *pair) account() string { return p.facts.Accounts[0].Slug }

// within is how soon what was revoked at one node has to be refused by the other.
const within = time.Second

// token is one that both nodes accept.
func (p *pair) token() (string, error) {
	issued, err := p.persist(func() (drive.Answer, error) { return p.a.Issue(p.facts.Apps.Machine) })
	if err != nil || !issued.OK() {
		return "", errors.Join(err, fmt.Errorf("issue a token: %s", issued))
	}
	return issued.Access, p.accepted(issued.Access)
}

func (p *pair) accepted(token string) error {
	for _, n := range []node{p.a, p.b} {
		called, err := p.persist(func() (drive.Answer, error) { return n.Call(token, p.account()) })
		if err != nil || !called.OK() {
			return errors.Join(err, fmt.Errorf("a new token was answered %s", called))
		}
	}
	return nil
}

// persist asks again while the answer is only about the moment, as clients do: nodes of a machine that is busy with
// other things may fall behind by themselves.
func (p *pair) persist(ask func() (drive.Answer, error)) (drive.Answer, error) {
	for begun := time.Now(); ; time.Sleep(10 * pause) {
		a, err := ask()
		if err != nil || !a.Passing() || time.Since(begun) > recovers {
			return a, err
		}
		p.mu.Lock()
		p.asked++
		p.mu.Unlock()
	}
}

// revoke ends a token through a node and says when that was answered.
func (p *pair) revoke(n node, token string) (time.Time, error) {
	revoked, err := p.persist(func() (drive.Answer, error) { return n.Revoke(p.facts.Apps.Machine, token) })
	if err != nil || !revoked.OK() {
		return time.Time{}, errors.Join(err, fmt.Errorf("revoke: %s", revoked))
	}
	return time.Now(), nil
}

// pause between two questions.
const pause = 2 * time.Millisecond

// untilRefused asks a node about a revoked token until it refuses, and says how long that took since the revocation.
func (p *pair) untilRefused(n node, token string, since time.Time) (time.Duration, error) {
	for {
		called, err := n.Call(token, p.account())
		took := time.Since(since)
		switch {
		case err != nil:
			return took, err
		case called.Status == 401, called.Passing():
			return took, nil
		case !called.OK():
			return took, fmt.Errorf("a revoked token was answered %s", called)
		case took > 10*within:
			return took, fmt.Errorf("a revoked token was accepted for %s", took)
		}
		time.Sleep(pause)
	}
}
