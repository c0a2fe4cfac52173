package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"launchpad/bench/drive"
	"launchpad/internal/config"
	"launchpad/internal/core"
)

// options of a run.
type options struct {
	guesses   int
	people    int
	addresses int
	pairs     int
	storm     time.Duration
	noisy     bool
	binary    string
}

func main() {
	var o options
	flag.IntVar(&o.guesses, "guesses", 100_000, "how many passwords are guessed")
	flag.IntVar(&o.people, "people", 1000, "of how many people")
	flag.IntVar(&o.addresses, "addresses", 1000, "from how many addresses")
	flag.IntVar(&o.pairs, "pairs", 2000, "how many pairs of answers, about somebody and about nobody, are timed")
	flag.DurationVar(&o.storm, "storm", 30*time.Second, "how long refreshes are timed while others sign in")
	flag.BoolVar(&o.noisy, "noisy", false, "others use this computer, too: times are told but not judged")
	flag.StringVar(&o.binary, "binary", "", "server `program` to run; default: built from this source")
	flag.Parse()
	drive.Main("guess", func(ctx context.Context) (bool, error) {
		return drive.OnStage(ctx, "guess", o.binary, "", func(dir string, launch drive.Launch) (bool, error) {
			return run(ctx, o, dir, launch)
		})
	})
}

// run starts a server, attacks it, and reports.
func run(ctx context.Context, o options, dir string, launch drive.Launch) (good bool, err error) {
	// The limits are those that everybody has.
	if launch.Config, err = drive.Configure(dir, core.SignUpOpen, config.DefaultLimits, "127.0.0.0/8"); err != nil {
		return false, err
	}
	if err := populate(ctx, launch, o.people+o.pairs); err != nil {
		return false, err
	}
	server, err := launch.Start(ctx)
	if err != nil {
		return false, err
	}
	defer server.Kill()
	s, err := openSiege(server, o)
	if err != nil {
		return false, err
	}
	defer s.close()
	for _, stage := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"timing answers about somebody and nobody", s.timing},
		{"guessing", s.attack},
		{"timing answers that refuse to look", s.refusals},
		{"timing sign-ups of somebody and nobody", s.signUps}, // after which there is no nobody
		{"1,000 sign-ins at once", s.crowd},
		{"refreshes during sign-ins", s.storm},
	} {
		fmt.Fprintln(os.Stderr, stage.name)
		if err := stage.run(ctx); err != nil {
			return false, fmt.Errorf("%s: %w; the server's log is %s", stage.name, err, filepath.Base(launch.Log))
		}
	}
	return s.report(os.Stdout, o), ctx.Err()
}
