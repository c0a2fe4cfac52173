package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"launchpad/internal/server"
)

// Version is set by the linker.
var Version = "development"

// Adjust, if it is set before Main, changes what servers are made of: programs that measure need what no operator
// should set. It is never set in a release.
var Adjust func(*server.Options)

// garbage lets the heap grow to five times what is alive before it is collected. What is alive is a few megabytes,
// so this costs little memory and saves a tenth of the processor time of a busy server. GOGC, if set, wins.
const garbage = 400

// Main runs the command line and returns the exit status.
func Main() int {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
	root := &cobra.Command{
		Use:           "launchpad",
		Short:         "The OAuth platform of a multi-account SaaS, in one binary",
		Version:       Version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(serveCommand(), demoCommand(), keysCommand(), importCommand(), policyCommand(), configCommand(), doctorCommand())
	err := root.Execute()
	if err != nil {
		fmt.Fprintln(os.Stderr, "launchpad:", err)
	}
	return status(err)
}

// status is the exit status: 1 for what went wrong, unless the error is an answer that has one of its own.
func status(err error) int {
	if answer, ok := errors.AsType[interface {
		error
		Status() int
	}](err); ok {
		return answer.Status()
	}
	if err != nil {
		return 1
	}
	return 0
}
