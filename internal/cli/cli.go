package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

// Version is set by the linker.
var Version = "development"

// Main runs the command line and returns the exit status.
func Main() int {
	root := &cobra.Command{
		Use:           "launchpad",
		Short:         "The OAuth platform of a multi-account SaaS, in one binary",
		Version:       Version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(serveCommand(), demoCommand())
	if err := root.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "launchpad:", err)
		return 1
	}
	return 0
}
