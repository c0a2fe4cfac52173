package drive

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// Main is the last thing that a measuring program calls: run goes on until it is done or somebody interrupts it, and the
// process ends with 1 if it failed, or if what it measured is not good.
func Main(name string, run func(context.Context) (good bool, err error)) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	good, err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	}
	if err != nil || !good {
		os.Exit(1)
	}
}

// OnStage makes a directory and prepares in it (see Prepare). After the run it clears all of it away.
func OnStage(ctx context.Context, name, binary, server string, run func(dir string, launch Launch) (good bool, err error)) (good bool, err error) {
	dir, err := os.MkdirTemp("", "launchpad-"+name+"-")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	launch, scratch, err := Prepare(ctx, dir, binary, server)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, scratch.Drop(context.WithoutCancel(ctx))) }()
	return run(dir, launch)
}
