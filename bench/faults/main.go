package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"launchpad/bench/drive"
)

// kind of fault.
type kind string

const (
	failsOnce kind = "fsync"
	broken    kind = "broken"
	full      kind = "full"
)

// options of a sweep.
type options struct {
	binary string
	dir    string
	stride int
	from   int
}

// parallel is how many runs go on at once: most of the time of each is waiting.
const parallel = 3

func main() {
	o := options{}
	only := flag.String("kind", "", "sweep this `kind` of fault only: fsync, broken or full")
	flag.IntVar(&o.stride, "stride", 1, "of the writes that could find the disk full, and the fsyncs that could stay broken, try each `n`-th")
	flag.IntVar(&o.from, "from", 1, "begin with the `n`-th")
	flag.StringVar(&o.binary, "binary", "", "server `program` to run; default: built from this source")
	flag.Parse()
	drive.Main("faults", func(ctx context.Context) (bool, error) { return true, sweepAll(ctx, o, kind(*only)) })
}

func sweepAll(ctx context.Context, o options, only kind) error {
	var err error
	if o.dir, err = os.MkdirTemp("", "launchpad-faults-"); err != nil {
		return err
	}
	if o.binary == "" {
		o.binary = filepath.Join(o.dir, "launchpad")
		if err := drive.Build(ctx, o.binary); err != nil {
			return err
		}
	}
	fmt.Println("| fault | points | met while starting | answers 503 | process ended | violations | took |")
	fmt.Println("|---|---:|---:|---:|---:|---:|---:|")
	for _, k := range []kind{failsOnce, broken, full} {
		if only != "" && k != only {
			continue
		}
		if err := sweep(ctx, o, k); err != nil {
			return fmt.Errorf("%w\nkept: %s", err, o.dir)
		}
	}
	return os.RemoveAll(o.dir)
}

// sweep goes through all points of one kind of fault.
func sweep(ctx context.Context, o options, k kind) error {
	step := o.stride
	if k == failsOnce {
		step = 1 // there are few of them
	}
	var (
		begun = time.Now()
		mu    sync.Mutex
		next  = o.from
		last  bool // a run met no fault
		fails error
		sum   tally
		all   sync.WaitGroup
	)
	for range parallel {
		all.Go(func() {
			for {
				mu.Lock()
				n := next
				next += step
				over := last || fails != nil || ctx.Err() != nil
				mu.Unlock()
				if over {
					return
				}
				got, err := run(ctx, o, k, n)
				mu.Lock()
				switch {
				case err != nil && fails == nil:
					fails = fmt.Errorf("%s %d (%s): %w", k, n, got.hit, err)
				case got.hit == "":
					last = true
				default:
					sum.add(got)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if fails != nil {
		return fails
	}
	fmt.Printf("| %s | %d | %d | %d | %d | 0 | %s |\n", k, sum.points, sum.starts, sum.refused, sum.ended, time.Since(begun).Round(time.Second))
	for _, file := range slices.Sorted(maps.Keys(sum.files)) {
		fmt.Fprintf(os.Stderr, "%s: %d × %s\n", k, sum.files[file], file)
	}
	return ctx.Err()
}

// tally is what happened in one run, or in many.
type tally struct {
	hit     string // what met the fault
	points  int
	starts  int // that failed
	refused int // answers that were 503
	ended   int // processes that ended by themselves while they served
	files   map[string]int
}

func (t *tally) add(one tally) {
	if t.files == nil {
		t.files = map[string]int{}
	}
	t.files[one.hit]++
	t.points++
	t.starts += one.starts
	t.refused += one.refused
	t.ended += one.ended
}
