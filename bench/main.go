package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// settings is what the flags say.
type settings struct {
	rounds      int
	requests    int
	connections []int
	only        []string
	database    string
	size        bool
	stored      int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	s, err := parse(os.Args[1:])
	good := false
	if err == nil {
		good, err = run(ctx, s)
	}
	stop()
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	if !good {
		os.Exit(1)
	}
}

func parse(arguments []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&s.rounds, "rounds", 5, "rounds of each operation, of which the median counts")
	flags.IntVar(&s.requests, "requests", 200_000, "requests in a round")
	connections := flags.String("connections", "16,64", "keep-alive connections, a list")
	only := flags.String("only", "", "operations to measure, a list of: "+strings.Join(names(), ", "))
	flags.StringVar(&s.database, "database", "", "postgres://… `address` of a server to make a database on, instead of SQLite")
	flags.BoolVar(&s.size, "size", false, "measure size, start and storage instead of speed")
	flags.IntVar(&s.stored, "stored", 1_000_000, "with -size: refreshes, and client_credentials, that must leave the database as it is")
	if err := flags.Parse(arguments); err != nil {
		return s, err
	}
	for part := range strings.SplitSeq(*connections, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return s, fmt.Errorf("-connections: %q is not a number above 0", part)
		}
		s.connections = append(s.connections, n)
	}
	if *only != "" {
		s.only = strings.Split(*only, ",")
	}
	for _, name := range s.only {
		if !slices.Contains(names(), name) {
			return s, fmt.Errorf("-only: there is no operation %q", name)
		}
	}
	if s.rounds < 1 || s.requests < 1 || s.stored < 1 || flags.NArg() > 0 {
		return s, errors.New("-rounds, -requests and -stored must be above 0, and there are no arguments but flags")
	}
	return s, nil
}

// wants reports whether an operation was asked for.
func (s settings) wants(name string) bool { return len(s.only) == 0 || slices.Contains(s.only, name) }

// run measures and reports whether everything stayed within its budget.
func run(ctx context.Context, s settings) (good bool, err error) {
	dir, err := os.MkdirTemp("", "launchpad-bench-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	b := &bench{settings: s, dir: dir}
	if err := b.open(ctx); err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if s.size {
		return b.measureSize(ctx)
	}
	return b.measureSpeed(ctx)
}

// progress tells the person at the terminal; the report alone is on standard output.
func progress(format string, values ...any) { fmt.Fprintf(os.Stderr, format+"\n", values...) }
