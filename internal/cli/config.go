package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/internal/server"
	"launchpad/internal/store"
)

func configCommand() *cobra.Command {
	command := &cobra.Command{Use: "config", Short: "Check a configuration, or read what can be set", Args: cobra.NoArgs}
	command.AddCommand(
		&cobra.Command{
			Use:   "check [file]",
			Short: "Say whether serve would start with a file and this environment",
			Long:  "Say whether serve would start with a file and this environment. It starts a server with them, on an empty database beside yours, and asks neither for your database and master key nor for upstreams.",
			Args:  cobra.MaximumNArgs(1),
			RunE: func(command *cobra.Command, args []string) error {
				file := ""
				if len(args) > 0 {
					file = args[0]
				}
				c, err := config.Load(file, os.Environ())
				if err == nil {
					err = wouldStart(command.Context(), &c)
				}
				if err != nil {
					return err
				}
				_, err = fmt.Println("The configuration is good. Launchpad would be at " + c.Issuer + ".")
				return err
			},
		},
		&cobra.Command{
			Use:   "manual",
			Short: "Print every setting, as docs/config.md has it",
			Args:  cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				_, err := fmt.Print(config.Manual())
				return err
			},
		},
	)
	return command
}

// wouldStart starts a server as serve does, but for what is outside of the process: the database is an empty one that goes
// again, and nobody is asked over the network.
func wouldStart(ctx context.Context, asked *config.Config) (err error) {
	logTo(slog.LevelError)
	if err := asked.Finish(); err != nil {
		return err
	}
	c := *asked
	c.APIs = slices.Clone(c.APIs)
	scratch, err := os.MkdirTemp("", "launchpad-check-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(scratch, "launchpad.db"), core.SystemClock{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	c.LimitsRedis = ""
	for i := range c.APIs {
		c.APIs[i].HealthPath = ""
	}
	options, err := serverOptions(c, s, core.SystemClock{}, secret.Bytes(secret.KeySize))
	if err != nil {
		return c.Located(err)
	}
	running, err := server.New(ctx, options)
	if err != nil {
		return c.Located(err)
	}
	running.Close()
	return nil
}
