package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"launchpad/internal/config"
)

func configCommand() *cobra.Command {
	command := &cobra.Command{Use: "config", Short: "Check a configuration, or read what can be set", Args: cobra.NoArgs}
	command.AddCommand(
		&cobra.Command{
			Use:   "check [file]",
			Short: "Say whether serve would start with a file and this environment",
			Args:  cobra.MaximumNArgs(1),
			RunE: func(_ *cobra.Command, args []string) error {
				file := ""
				if len(args) > 0 {
					file = args[0]
				}
				c, err := config.Load(file, os.Getenv)
				if err == nil {
					err = c.Finish()
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
