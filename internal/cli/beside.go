package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"launchpad/internal/config"
)

// beside is what the flags of commands say that work on the database of a server, which may be running.
type beside struct {
	file, output string
	flags        config.Config
}

// place adds the flags that say where the server has its data.
func (b *beside) place(set *pflag.FlagSet) { placeFlags(set, &b.file, &b.flags) }

// prints adds the flag that says how to print.
func (b *beside) prints(set *pflag.FlagSet) {
	set.StringVar(&b.output, "output", "text", "what to print: text or json")
}

// configuration of the server. Its database is there already: a mistaken --data must not make another one.
func (b *beside) configuration(command *cobra.Command) (config.Config, error) {
	logTo(slog.LevelError)
	if b.output != "" && b.output != "text" && b.output != "json" {
		return config.Config{}, fmt.Errorf("output must be text or json, not %q", b.output)
	}
	c, err := config.Load(b.file, os.Environ())
	if err != nil {
		return c, err
	}
	override(command, &c, b.flags)
	if err := c.Finish(); err != nil {
		return c, err
	}
	if path, embedded := strings.CutPrefix(c.Database, "sqlite:"); embedded {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return c, fmt.Errorf("there is no database at %s; give --config, --data or --database as the server has it", path)
		}
	}
	return c, nil
}
