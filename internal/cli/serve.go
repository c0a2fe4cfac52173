package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"launchpad/internal/config"
	"launchpad/internal/journal"
	"launchpad/internal/server"
	"launchpad/internal/store"
)

func serveCommand() *cobra.Command {
	var file string
	var flags config.Config
	command := &cobra.Command{
		Use:   "serve",
		Short: "Run Launchpad",
		Long:  "Run Launchpad. Without any configuration it keeps an embedded database in ./data, listens on loopback, and prints a one-time link that makes the operator. SIGHUP lets it read the APIs of the configuration anew, without dropping a request.",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			lines := logTo(slog.LevelInfo)
			load := func() (config.Config, error) {
				c, err := config.Load(file, os.Environ())
				override(command, &c, flags)
				return c, err
			}
			c, err := load()
			if err != nil {
				return err
			}
			return serve(command.Context(), c, lines, load)
		},
	}
	placeFlags(command.Flags(), &file, &flags)
	command.Flags().StringVar(&flags.Listen, "listen", "", "`address` to listen on")
	command.Flags().StringVar(&flags.Issuer, "issuer", "", "public `address` of this server")
	command.Flags().TextVar(&flags.RefreshWindow, "refresh-window", config.Default().RefreshWindow, "how long a rotated refresh token is still answered")
	return command
}

// placeFlags name the configuration and the database, for every command that works on them.
func placeFlags(set interface {
	StringVar(p *string, name, value, usage string)
}, file *string, flags *config.Config) {
	set.StringVar(file, "config", "", "configuration `file`")
	set.StringVar(&flags.Data, "data", "", "`directory` of the embedded database")
	set.StringVar(&flags.Database, "database", "", "postgres://… `address` instead of the embedded database")
}

// override lets flags win over file and environment.
func override(command *cobra.Command, c *config.Config, flags config.Config) {
	for name, pair := range map[string][2]*string{
		"listen": {&c.Listen, &flags.Listen}, "issuer": {&c.Issuer, &flags.Issuer},
		"data": {&c.Data, &flags.Data}, "database": {&c.Database, &flags.Database},
	} {
		if command.Flags().Changed(name) {
			*pair[0] = *pair[1]
			c.From(name, "--"+name)
		}
	}
	if command.Flags().Changed("refresh-window") {
		c.RefreshWindow = flags.RefreshWindow
		c.From("refresh_window", "--refresh-window")
	}
}

func serve(ctx context.Context, c config.Config, lines *journal.Journal, again func() (config.Config, error)) error {
	p, err := start(ctx, c, lines, func(context.Context, *store.Store, *server.Options) error { return nil })
	if err != nil {
		return err
	}
	p.again = again
	fmt.Printf("Launchpad is ready at %s\n", p.config.Issuer)
	if p.setup != "" {
		fmt.Printf("\nThis is its first start. Open this link once to become the operator:\n\n  %s\n\n", p.setupURL())
	}
	return p.run(ctx)
}
