package main

import (
	"context"
	"flag"
	"time"

	"launchpad/bench/drive"
	"launchpad/bench/oracle"
)

// The moment of the kill, from the start of the load.
const (
	shortestLoad = 300 * time.Millisecond
	longestLoad  = 2 * time.Second
)

func main() {
	o := oracle.Options{What: "kills", ShortestLoad: shortestLoad, LongestLoad: longestLoad}
	o.Flags(flag.CommandLine)
	flag.StringVar(&o.Database, "database", "", "postgres://… `server` on which a database may be made; default: the embedded one")
	flag.Parse()
	drive.Main("crash", func(ctx context.Context) (bool, error) {
		found, err := oracle.Run(ctx, o, kill{})
		return len(found) == 0, err
	})
}

// kill takes the process, and leaves what it had given to the operating system.
type kill struct{}

func (kill) Prepare(*drive.Launch) error       { return nil }
func (kill) Loading()                          {}
func (kill) Strike(server *drive.Server) error { server.Kill(); return nil }
func (kill) Returns() bool                     { return false }
func (kill) End() error                        { return nil }
