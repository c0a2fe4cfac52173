package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"launchpad/bench/drive"
)

// options of a run.
type options struct {
	tokens   int
	kills    int
	within   time.Duration
	memory   int64
	source   string
	database string
}

func main() {
	var o options
	flag.IntVar(&o.tokens, "tokens", 100_000, "how many live tokens, each with its refresh token")
	flag.IntVar(&o.kills, "kills", 5, "how often the second import is killed in the middle")
	flag.DurationVar(&o.within, "within", time.Minute, "how long the import may take")
	flag.Int64Var(&o.memory, "memory", 256, "how many MiB of memory it may take")
	flag.StringVar(&o.source, "source", "", "postgres://… `server` on which Doorkeeper's database may be made; default: a file of SQLite")
	flag.StringVar(&o.database, "database", "", "postgres://… `server` on which a database may be made; default: the embedded one")
	flag.Parse()
	drive.Main("import", func(ctx context.Context) (bool, error) {
		return drive.OnStage(ctx, "import-source", "", o.source, func(dir string, old drive.Launch) (bool, error) {
			source := old.Database
			if source == "" {
				source = "sqlite:" + filepath.Join(dir, "doorkeeper.db")
			}
			return measure(ctx, o, source, old.Binary)
		})
	})
}

func measure(ctx context.Context, o options, source, binary string) (bool, error) {
	for _, step := range []struct {
		people, tokens int
		run            func(context.Context, options, string, drive.Launch) (bool, error)
	}{
		{people, o.tokens, whole}, {people, o.tokens, killed}, {crowd, 0, killedAmongPeople},
	} {
		if err := generate(ctx, source, step.people, step.tokens); err != nil {
			return false, err
		}
		good, err := drive.OnStage(ctx, "import", binary, o.database, func(_ string, launch drive.Launch) (bool, error) {
			return step.run(ctx, o, source, launch)
		})
		if err != nil || !good {
			return false, err
		}
	}
	return true, nil
}

// target makes an empty Launchpad to import into, which does not run.
func target(ctx context.Context, launch drive.Launch) (drive.Facts, error) {
	server, err := launch.Start(ctx)
	if err != nil {
		return drive.Facts{}, err
	}
	server.Kill()
	return server.Facts, nil
}

func imports(ctx context.Context, launch drive.Launch, f drive.Facts, source string, more ...string) (*drive.Importing, error) {
	args := []string{"doorkeeper", source, "--users-query", "SELECT id, email, name FROM users", "--scope", "public=" + f.Scope}
	if len(more) == 0 {
		more = []string{"--accounts-query", "SELECT 'company-' || (id / 100), '', id FROM users"}
	}
	return launch.Import(ctx, f, append(args, more...)...)
}

// whole is one import, undisturbed.
func whole(ctx context.Context, o options, source string, launch drive.Launch) (bool, error) {
	f, err := target(ctx, launch)
	if err != nil {
		return false, err
	}
	command, err := imports(ctx, launch, f, source)
	if err != nil {
		return false, err
	}
	begun := time.Now()
	said, err := command.CombinedOutput()
	if err != nil {
		return false, fmt.Errorf("%w\n%s", err, said)
	}
	took := time.Since(begun)
	usage, _ := command.ProcessState.SysUsage().(*syscall.Rusage)
	most := usage.Maxrss >> 10 // kilobytes, on Linux
	cpu := command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	fmt.Printf("import: %d tokens in %.1f s (%.1f s of processor time), %.0f a second, %d MiB of memory at most\n",
		o.tokens, took.Seconds(), cpu.Seconds(), float64(o.tokens)/took.Seconds(), most)
	report, err := command.Report()
	if err != nil {
		return false, err
	}
	if got := report["token"]; got.New != o.tokens || got.NotBrought != 0 {
		return false, fmt.Errorf("reported %+v, want %d new", got, o.tokens)
	}
	if err := count(ctx, o, launch); err != nil {
		return false, err
	}
	if took > o.within || most > o.memory {
		fmt.Printf("import: more than %s, or %d MiB\n", o.within, o.memory)
		return false, nil
	}
	return true, nil
}

// killed is an import that dies again and again.
func killed(ctx context.Context, o options, source string, launch drive.Launch) (bool, error) {
	f, err := target(ctx, launch)
	if err != nil {
		return false, err
	}
	before := 0
	for range o.kills {
		if before, err = killedAfter(ctx, o, source, launch, f, before); err != nil {
			return false, err
		}
	}
	command, err := imports(ctx, launch, f, source)
	if err != nil {
		return false, err
	}
	if said, err := command.CombinedOutput(); err != nil {
		return false, fmt.Errorf("%w\n%s", err, said)
	}
	report, err := command.Report()
	if err != nil {
		return false, err
	}
	got := report["token"]
	fmt.Printf("import: killed %d times, the last time with %d tokens brought; then %d were here and %d came\n", o.kills, before, got.Here, got.New)
	if got.Here != before || got.Here+got.New != o.tokens {
		return false, fmt.Errorf("reported %+v, want %d here and %d in all", got, before, o.tokens)
	}
	return true, count(ctx, o, launch)
}

// killedAfter lets an import bring a part of what is left, kills it, and gives how many tokens are there then.
func killedAfter(ctx context.Context, o options, source string, launch drive.Launch, f drive.Facts, before int) (int, error) {
	command, err := imports(ctx, launch, f, source)
	if err != nil {
		return 0, err
	}
	if err := killedAt(ctx, launch, command, tokensBrought, before+o.tokens/(2*o.kills)); err != nil {
		return 0, err
	}
	return look(ctx, launch, tokensBrought)
}

// killedAt kills an import as soon as a question has at least that answer.
func killedAt(ctx context.Context, launch drive.Launch, command *drive.Importing, question string, enough int) error {
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		_ = command.Wait() // that it was killed is no news
		close(ended)
	}()
	for {
		n, err := look(ctx, launch, question)
		if err == nil && n >= enough {
			break
		}
		select {
		case <-ended:
			return errors.New("the import ended before it was killed")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
	err := command.Process.Kill()
	<-ended
	return err
}

// killedAmongPeople is an import that dies between two batches of people who all belong to one account: nobody who came
// may be left outside.
func killedAmongPeople(ctx context.Context, _ options, source string, launch drive.Launch) (bool, error) {
	f, err := target(ctx, launch)
	if err != nil {
		return false, err
	}
	command, err := imports(ctx, launch, f, source, "--everybody")
	if err != nil {
		return false, err
	}
	if err := killedAt(ctx, launch, command, peopleBrought, 1); err != nil {
		return false, err
	}
	before, err := look(ctx, launch, peopleBrought)
	if err != nil {
		return false, err
	}
	if command, err = imports(ctx, launch, f, source, "--everybody"); err != nil {
		return false, err
	}
	if said, err := command.CombinedOutput(); err != nil {
		return false, fmt.Errorf("%w\n%s", err, said)
	}
	fmt.Printf("import: killed with %d of %d people brought, and gone on with\n", before, crowd)
	return true, compare(ctx, launch, map[string]int{peopleBrought: crowd, peopleOutside: 0})
}
