package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"launchpad/bench/drive"
)

// bench is one run: the programs, where their data lies, and the database under Launchpad.
type bench struct {
	settings settings
	dir      string // everything in it goes with the run
	launch   drive.Launch
	scratch  *drive.Scratch
	storage  storage
	robot    *drive.App // the machine app with JWTs, once it is registered
}

// storage is the database under Launchpad.
type storage interface {
	// usage is the CPU time that it took outside of Launchpad's process.
	usage() (cpuTime, error)
	// bytes it fills, once everything that is over was cleared away. Launchpad must not be running.
	bytes(ctx context.Context) (int64, error)
	// bare makes a statement that commits one UPDATE and returns when it is durable.
	bare(ctx context.Context) (update func() error, done func() error, err error)
	String() string
}

func (b *bench) open(ctx context.Context) (err error) {
	if err := b.build(ctx); err != nil {
		return err
	}
	b.launch, b.scratch, err = drive.Prepare(ctx, b.dir, filepath.Join(b.dir, "launchpad"), b.settings.database)
	if err != nil {
		return err
	}
	if b.launch.Database == "" {
		b.storage = sqlite{data: b.launch.Data}
		return nil
	}
	if b.storage, err = findPostgres(ctx, b.launch.Database); err != nil {
		return errors.Join(err, b.close())
	}
	return nil
}

// close drops the database, also after an interruption.
func (b *bench) close() error { return b.scratch.Drop(context.Background()) }

// build makes both programs as a release is made.
func (b *bench) build(ctx context.Context) error {
	progress("building")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.dir+string(filepath.Separator),
		"launchpad/cmd/launchpad", "launchpad/bench/floor")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, output)
	}
	return nil
}

// startFloor starts the floor.
func (b *bench) startFloor(ctx context.Context, arguments ...string) (*process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	p, err := start(ctx, address, filepath.Join(b.dir, "floor"), append(arguments, "-listen", address)...)
	if err != nil {
		return nil, err
	}
	return p, p.answers(ctx, "/api")
}

// startProxied starts an upstream and the bare proxy in front of it, and lets Launchpad have it for an API, too, and be
// asked by proxies.
func (b *bench) startProxied(ctx context.Context) (upstream, proxy *process, err error) {
	if upstream, err = b.startFloor(ctx); err != nil {
		return nil, nil, err
	}
	if proxy, err = b.startFloor(ctx, "-behind", upstream.address); err != nil {
		upstream.kill()
		return nil, nil, err
	}
	file, err := os.OpenFile(b.launch.Config, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = fmt.Fprintf(file, "\n[forward_auth]\nproxies = [\"127.0.0.1/32\"]\n[[api]]\nprefix = \"/v4/\"\nupstream = \"http://%s\"\nassertion = true\n[[api.route]]\nmethod = \"GET\"\npath = \"/v4/dashboards\"\nscope = \"dashboards:read\"\n", upstream.address)
		err = errors.Join(err, file.Close())
	}
	return upstream, proxy, err
}

// startDemo starts Launchpad with its sample data, which a second start on the same storage finds again. As in production,
// each request has its line in the log.
func (b *bench) startDemo(ctx context.Context) (*site, error) {
	p, err := b.startLaunchpad(ctx, "demo", "--output", "json", "--log-level", "info")
	if err != nil {
		return nil, err
	}
	s := &site{process: p}
	if err := p.line(&s.facts); err != nil {
		return nil, p.failed(err)
	}
	if err := p.answers(ctx, "/readyz"); err != nil {
		return nil, err
	}
	if err := s.signIn(); err != nil {
		return nil, p.failed(err)
	}
	return s, nil
}

// startServe starts Launchpad as in production.
func (b *bench) startServe(ctx context.Context) (*process, error) {
	return b.startLaunchpad(ctx, "serve")
}

// startLaunchpad keeps to one address: the issuer follows from it, and tokens are bound to the issuer.
func (b *bench) startLaunchpad(ctx context.Context, arguments ...string) (*process, error) {
	arguments = append(arguments, "--listen", b.launch.Listen, "--data", b.launch.Data, "--config", b.launch.Config)
	if b.launch.Database != "" {
		arguments = append(arguments, "--database", b.launch.Database)
	}
	return start(ctx, b.launch.Listen, b.launch.Binary, arguments...)
}
