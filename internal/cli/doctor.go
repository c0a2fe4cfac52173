package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/doctor"
)

// doctorCommand looks at a deployment from outside. It needs nothing but the network.
func doctorCommand() *cobra.Command {
	o := doctor.Options{Clock: core.SystemClock{}}
	var file, output string
	command := &cobra.Command{
		Use:   "doctor [ISSUER]",
		Short: "Say what clients would stumble over in a running deployment",
		Long: `Look at a running deployment from outside, as an agent, a library and a browser would, and say what each family of
clients would stumble over. Without ISSUER, that of the configuration is looked at.
The status is 0 if nothing fails, 1 if something does, and 2 if nothing could be looked at.`,
		Args: func(command *cobra.Command, args []string) error {
			if err := cobra.MaximumNArgs(1)(command, args); err != nil {
				return blind{err}
			}
			return nil
		},
		RunE: func(command *cobra.Command, args []string) error {
			if output != "text" && output != "json" {
				return blind{fmt.Errorf("output must be text or json, not %q", output)}
			}
			var err error
			if o.Issuer, err = issuerFrom(args, file); err != nil {
				return blind{err}
			}
			if progress := newBar(os.Stderr); progress.terminal {
				o.Progress = func(done, total int) { progress.show("checks", done, total) }
			}
			report, err := doctor.Examine(command.Context(), o)
			if err != nil {
				return blind{err}
			}
			return tell(command.OutOrStdout(), report, output)
		},
	}
	command.Flags().StringVar(&file, "config", "", "configuration `file`, of which the issuer is taken")
	command.Flags().StringArrayVar(&o.APIs, "api", nil, "`URL` of a call that needs a token (repeatable)")
	command.Flags().StringVar(&o.ClientID, "client-id", "", "`ID` of an app that exists, to see what only an app is told")
	command.Flags().StringVar(&o.RedirectURI, "redirect-uri", "", "one of that app's redirect `URI`s")
	command.Flags().DurationVar(&o.Each, "timeout", 0, "how long to wait for one answer (default 5s)")
	command.Flags().StringVar(&output, "output", "text", "what to print: text or json")
	command.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return blind{err} })
	command.AddCommand(&cobra.Command{
		Use:   "manual",
		Short: "Print every check, as docs/doctor.md has it",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(command.OutOrStdout(), doctor.Manual())
			return err
		},
	})
	return command
}

// issuerFrom the command line, or else from the configuration of the server.
func issuerFrom(args []string, file string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	c, err := config.Load(file, os.Environ())
	if err == nil {
		err = c.Finish()
	}
	return c.Issuer, err
}

// tell prints a report. What fails is an answer of its own.
func tell(out io.Writer, report *doctor.Report, output string) error {
	if output == "json" {
		pretty := json.NewEncoder(out)
		pretty.SetIndent("", "  ")
		pretty.SetEscapeHTML(false)
		if err := pretty.Encode(report); err != nil {
			return err
		}
	} else if err := report.Text(out, colours(out)); err != nil {
		return err
	}
	if n := report.Failed(); n > 0 {
		return failing(n)
	}
	return nil
}

// colours are for terminals whose owner did not ask for none (NO_COLOR).
func colours(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && newBar(file).terminal && os.Getenv("NO_COLOR") == ""
}

// failing is the answer that some checks fail.
type failing int

func (n failing) Error() string {
	if n == 1 {
		return "1 check fails"
	}
	return fmt.Sprintf("%d checks fail", int(n))
}

// Status is that of a deployment in which something breaks.
func (failing) Status() int { return 1 }

// blind is that nothing could be looked at.
type blind struct{ error }

func (b blind) Unwrap() error { return b.error }

// Status is told apart from that of a deployment in which something breaks.
func (blind) Status() int { return 2 }
