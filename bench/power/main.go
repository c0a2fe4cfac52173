package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"launchpad/bench/drive"
	"launchpad/bench/oracle"
)

// The moment of the cut, from the start of the load.
const (
	shortestLoad = 100 * time.Millisecond
	longestLoad  = time.Second
)

// controlCycles is how many cuts a control has to lose something. One is enough, unless it strikes before anybody was
// answered.
const controlCycles = 5

func main() {
	o := oracle.Options{What: "power cuts", ShortestLoad: shortestLoad, LongestLoad: longestLoad}
	o.Flags(flag.CommandLine)
	control := flag.Bool("control", true, "also run the servers that must lose something")
	flag.Parse()
	drive.Main("power", func(ctx context.Context) (bool, error) {
		err := holds(ctx, o)
		if err == nil && *control {
			err = errors.Join(normalLoses(ctx, o), lyingDiskLoses(ctx, o))
		}
		return true, err
	})
}

// holds is the run that must find nothing.
func holds(ctx context.Context, o oracle.Options) error {
	begun := time.Now()
	found, err := oracle.Run(ctx, o, newCuts(o.Seed))
	if err == nil && len(found) > 0 {
		err = errors.New("a promise was broken")
	}
	if err == nil {
		fmt.Printf("\n%s for each cut\n\n", (time.Since(begun) / time.Duration(o.Cycles)).Round(10*time.Millisecond))
	}
	return err
}

// normalLoses runs a server that does not wait for its log to be on the disk. No setting leads there; the linker does.
func normalLoses(ctx context.Context, o oracle.Options) error {
	dir, err := os.MkdirTemp("", "launchpad-normal-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	o.Binary = filepath.Join(dir, "launchpad")
	if err := drive.Build(ctx, o.Binary, "-ldflags", "-X launchpad/internal/store.synchronous=NORMAL"); err != nil {
		return err
	}
	return loses(ctx, o, "power cuts, control with synchronous=NORMAL", newCuts(o.Seed))
}

func lyingDiskLoses(ctx context.Context, o oracle.Options) error {
	c := newCuts(o.Seed)
	c.lies = true
	return loses(ctx, o, "power cuts, control with a disk that lies", c)
}

func loses(ctx context.Context, o oracle.Options, what string, c *cuts) error {
	o.What, o.Cycles, o.Control = what, controlCycles, true
	found, err := oracle.Run(ctx, o, c)
	if err == nil && found[oracle.Lost] == 0 {
		err = fmt.Errorf("%s: nothing was lost, so this command would not notice if something were", what)
	}
	return err
}
