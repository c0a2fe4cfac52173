package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"time"

	"launchpad/bench/drive"
	"launchpad/resource"
)

// within is how soon everything has to be refused.
const within = time.Second

// workers revoke beside each other, so that revocations meet every phase of a node's looks.
const workers = 4

func main() {
	n := flag.Int("n", 1000, "how many revocations are timed")
	database := flag.String("database", "", "postgres://… `server` on which a database may be made; default: embedded")
	binary := flag.String("binary", "", "server `program` to run; default: built from this source")
	flag.Parse()
	drive.Main("feed", func(ctx context.Context) (bool, error) {
		return drive.OnStage(ctx, "feed", *binary, *database, func(_ string, launch drive.Launch) (bool, error) {
			return run(ctx, *n, launch)
		})
	})
}

func run(ctx context.Context, n int, launch drive.Launch) (good bool, err error) {
	demo, err := launch.Start(ctx)
	if err != nil {
		return false, err
	}
	defer demo.Kill()
	where, heardAt := "one process, embedded database", demo.Facts.Issuer
	if launch.Database != "" {
		beside, err := launch.Beside(demo)
		if err != nil {
			return false, err
		}
		second, err := beside.Start(ctx)
		if err != nil {
			return false, err
		}
		defer second.Kill()
		where, heardAt = "two nodes, PostgreSQL", "http://"+beside.Listen
	}
	app := demo.Facts.Apps.API
	verifier, err := resource.New(resource.Options{
		Issuer: demo.Facts.Issuer, Server: heardAt, ClientID: app.ClientID, ClientSecret: app.Secret,
		Resource: demo.Facts.API, Audiences: []string{demo.Facts.Issuer},
	})
	if err != nil {
		return false, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go verifier.Run(ctx)
	for begun := time.Now(); !verifier.Current(); time.Sleep(time.Millisecond) {
		if time.Since(begun) > 10*time.Second {
			return false, errors.New("the library never hears the feed")
		}
	}
	time.Sleep(3 * time.Second) // what just changed is asked about each time, for a moment
	r := &rounds{client: drive.NewClient(demo.Facts.Issuer), verifier: verifier, apps: []drive.App{demo.Facts.Apps.Machine, app}}
	if err := r.all(ctx, n); err != nil {
		return false, err
	}
	r.report(where)
	return r.took[len(r.took)-1] < within, nil
}

// rounds revokes and waits for refusals.
type rounds struct {
	client   *drive.Client
	verifier *resource.Verifier
	apps     []drive.App // of sealed tokens and of JWTs

	mu     sync.Mutex
	took   []time.Duration
	failed error
}

func (r *rounds) all(ctx context.Context, n int) error {
	var running sync.WaitGroup
	for w := range workers {
		running.Go(func() {
			for i := w; i < n && ctx.Err() == nil; i += workers {
				took, err := r.one(ctx, r.apps[i/workers%len(r.apps)])
				r.mu.Lock()
				if r.took = append(r.took, took); err != nil {
					r.failed = errors.Join(r.failed, err)
				}
				stop := r.failed != nil
				r.mu.Unlock()
				if stop {
					return
				}
			}
		})
	}
	running.Wait()
	slices.Sort(r.took)
	return errors.Join(r.failed, ctx.Err())
}

func (r *rounds) one(ctx context.Context, app drive.App) (time.Duration, error) {
	issued, err := r.client.Issue(app)
	if err != nil || !issued.OK() {
		return 0, errors.Join(err, fmt.Errorf("issue: %s", issued))
	}
	for range 2 { // the second time from memory
		if _, err := r.verifier.Verify(ctx, issued.Access); err != nil {
			return 0, fmt.Errorf("a new token was refused: %w", err)
		}
	}
	time.Sleep(rand.N(200 * time.Millisecond))
	revoked, err := r.client.Revoke(app, issued.Access)
	answered := time.Now()
	if err != nil || !revoked.OK() {
		return 0, errors.Join(err, fmt.Errorf("revoke: %s", revoked))
	}
	for {
		_, err := r.verifier.Verify(ctx, issued.Access)
		took := time.Since(answered)
		switch {
		case errors.Is(err, resource.ErrInvalid):
			return took, nil
		case err != nil:
			return took, err
		case took > 10*within:
			return took, errors.New("a revoked token is still accepted")
		}
		time.Sleep(200 * time.Microsecond)
	}
}

// report writes the figures, in Markdown.
func (r *rounds) report(where string) {
	at := func(percent int) float64 {
		return float64(r.took[max(0, (len(r.took)*percent+99)/100-1)].Microseconds()) / 1000
	}
	fmt.Fprintln(os.Stdout, "| revoked, refused by the library | count | p50, ms | p99, ms | p100, ms | less than |\n|---|---:|---:|---:|---:|---:|")
	fmt.Fprintf(os.Stdout, "| %s | %d | %.1f | %.1f | **%.1f** | %s |\n", where, len(r.took), at(50), at(99), at(100), within)
}
