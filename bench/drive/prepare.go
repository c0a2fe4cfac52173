package drive

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"

	"launchpad/internal/config"
)

// Prepare makes everything that a run needs before the first start, in dir: a program, built unless one is named, an
// address, and on PostgreSQL, if server names one, a database.
func Prepare(ctx context.Context, dir, binary, server string) (Launch, *Scratch, error) {
	l := Launch{Binary: binary, Data: filepath.Join(dir, "data"), Log: filepath.Join(dir, "server.log")}
	var err error
	if l.Listen, err = freeAddress(); err != nil {
		return l, nil, err
	}
	// All of a run comes from one address: the limits are counted, but never met.
	if l.Config, err = Configure(dir, "", config.Unlimited()); err != nil {
		return l, nil, err
	}
	if binary == "" {
		l.Binary = filepath.Join(dir, "launchpad")
		if err = Build(ctx, l.Binary); err != nil {
			return l, nil, err
		}
	}
	if server == "" {
		return l, nil, nil
	}
	scratch, err := newScratch(ctx, server)
	if err != nil {
		return l, nil, err
	}
	l.Database = scratch.Database
	return l, scratch, nil
}

// Build compiles the server, with more arguments for the compiler, if any. A server that was built by somebody else would
// leave open which source was judged.
func Build(ctx context.Context, path string, more ...string) error {
	return BuildProgram(ctx, path, "launchpad/cmd/launchpad", more...)
}

// BuildProgram is Build for a server of a run's own.
func BuildProgram(ctx context.Context, path, program string, more ...string) error {
	arguments := append(append([]string{"build", "-o", path}, more...), program)
	if said, err := exec.CommandContext(ctx, "go", arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", program, err, said)
	}
	return nil
}

// freeAddress finds a loopback address that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}
