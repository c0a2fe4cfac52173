package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"launchpad/internal/core"
	"launchpad/internal/store"
	"launchpad/internal/sunset"
)

// policyCommand answers from what servers have counted, beside running ones.
func policyCommand() *cobra.Command {
	var o policyCommands
	var require []string
	var days int
	command := &cobra.Command{
		Use:   "policy",
		Short: "Report old ways in which apps ask, and who would break without them",
		Long: `Report old ways in which apps ask, and who would break without them.
Use the configuration of the server whose apps they are. It may be running; what it counted in the last minute may be missing.`,
		Args: cobra.NoArgs,
	}
	o.place(command.PersistentFlags())
	o.prints(command.PersistentFlags())
	dryRun := &cobra.Command{
		Use: "dry-run --require REQUIREMENT,…", Short: "List the apps that requirements would break", Args: cobra.NoArgs,
		Long: "List the apps that would be refused if requirements held, by what they did lately. The status is 0 if there are none and 3 if there are.\n" +
			"Requirements: " + strings.Join(sunset.Requirements(), ", ") + ".",
		RunE: o.act(func(p *policyReader, ctx context.Context) error { return p.dryRun(ctx, require, days) }),
	}
	dryRun.Flags().StringSliceVar(&require, "require", nil, "`requirements`, separated by commas")
	dryRun.Flags().IntVar(&days, "days", sunset.Days, "how many `days` to look back")
	_ = dryRun.MarkFlagRequired("require") // fails only for a flag that does not exist
	command.AddCommand(
		&cobra.Command{
			Use: "report", Short: "List the old ways, and the apps that go them", Args: cobra.NoArgs,
			RunE: o.act((*policyReader).report),
		},
		dryRun,
	)
	return command
}

type policyCommands struct{ beside }

// act makes a command of what is read from the opened store.
func (o *policyCommands) act(do func(*policyReader, context.Context) error) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, _ []string) error {
		c, err := o.configuration(command)
		if err != nil {
			return err
		}
		clock := core.SystemClock{}
		s, err := store.Open(command.Context(), c.Database, clock)
		if err != nil {
			return err
		}
		p := &policyReader{store: s, today: core.DayOf(clock.Now()), ends: c.Sunset.Ends(), out: command.OutOrStdout(), json: o.output == "json"}
		return errors.Join(do(p, command.Context()), s.Close())
	}
}

// policyReader is what the commands read, and where they print.
type policyReader struct {
	store *store.Store
	today time.Time
	ends  map[core.OldWay]time.Time
	out   io.Writer
	json  bool
}

// reportedWay and reportedApp are what is told; the names of the members are kept.
type reportedWay struct {
	Way         core.OldWay   `json:"way"`
	Requirement string        `json:"requirement"`
	Ends        string        `json:"ends,omitempty"`
	Today       int64         `json:"today"`
	Week        int64         `json:"last_7_days"`
	Month       int64         `json:"last_30_days"`
	LastUsed    *time.Time    `json:"last_used"`
	Apps        []reportedApp `json:"apps"`
}

type reportedApp struct {
	ClientID  string    `json:"client_id"`
	Name      string    `json:"name"`
	Publisher string    `json:"publisher"`
	Today     int64     `json:"today"`
	Week      int64     `json:"last_7_days"`
	Month     int64     `json:"last_30_days"`
	LastUsed  time.Time `json:"last_used"`
}

func (p *policyReader) report(ctx context.Context) error {
	usage, err := p.store.OldUsage(ctx, p.today, sunset.Days)
	if err != nil {
		return err
	}
	list := []reportedWay{}
	for _, t := range sunset.Totals(usage) {
		way := reportedWay{
			Way: t.Way, Requirement: t.Way.Rules().Requirement, Today: t.Today, Week: t.Week, Month: t.Period, LastUsed: maybe(t.LastAt), Apps: []reportedApp{},
		}
		if end, ends := p.ends[t.Way]; ends {
			way.Ends = end.Format(time.DateOnly)
		}
		for _, u := range t.Apps {
			way.Apps = append(way.Apps, reportedApp{u.App.ClientID, u.App.Name, u.App.Publisher.Slug, u.Today, u.Week, u.Period, u.LastAt})
		}
		list = append(list, way)
	}
	if p.json {
		return json.NewEncoder(p.out).Encode(list)
	}
	return p.print(list)
}

func (p *policyReader) print(list []reportedWay) error {
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "WAY\tAPP\tPUBLISHER\tTODAY\t7 DAYS\t30 DAYS\tLAST USED\tENDS")
	for _, way := range list {
		fmt.Fprintf(table, "%s\tall %d\t\t%d\t%d\t%d\t%s\t%s\n", way.Way, len(way.Apps), way.Today, way.Week, way.Month, moment(way.LastUsed), orDash(way.Ends))
		for _, a := range way.Apps {
			fmt.Fprintf(table, "\t%s (%s)\t%s\t%d\t%d\t%d\t%s\t\n", a.Name, a.ClientID, a.Publisher, a.Today, a.Week, a.Month, moment(&a.LastUsed))
		}
	}
	return table.Flush()
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// brokenApp is an app that would be refused, and for what.
type brokenApp struct {
	ClientID  string      `json:"client_id"`
	Name      string      `json:"name"`
	Publisher string      `json:"publisher"`
	Ways      []brokenWay `json:"ways"`
}

type brokenWay struct {
	Way         core.OldWay `json:"way"`
	Requirement string      `json:"requirement"`
	Count       int64       `json:"count"`
	LastUsed    time.Time   `json:"last_used"`
}

// wouldBreak is the answer that some apps would.
type wouldBreak int

func (n wouldBreak) Error() string {
	if n == 1 {
		return "1 app would break"
	}
	return fmt.Sprintf("%d apps would break", int(n))
}

// Status is told apart from that of a command that failed.
func (wouldBreak) Status() int { return 3 }

func (p *policyReader) dryRun(ctx context.Context, require []string, days int) error {
	if days < 1 || days > core.OldUsesKept {
		return fmt.Errorf("days must be from 1 to %d, as long as uses are remembered", core.OldUsesKept)
	}
	ways, err := sunset.EndedBy(require)
	if err != nil {
		return err
	}
	usage, err := p.store.OldUsage(ctx, p.today, days)
	if err != nil {
		return err
	}
	broken := told(sunset.BrokenBy(ways, usage))
	if p.json {
		err = json.NewEncoder(p.out).Encode(broken)
	} else {
		err = p.printBroken(broken, days)
	}
	if err == nil && len(broken) > 0 {
		return wouldBreak(len(broken))
	}
	return err
}

// told is what is printed of broken apps.
func told(broken []sunset.Broken) []brokenApp {
	list := []brokenApp{}
	for _, b := range broken {
		app := brokenApp{ClientID: b.App.ClientID, Name: b.App.Name, Publisher: b.App.Publisher.Slug}
		for _, u := range b.Uses {
			app.Ways = append(app.Ways, brokenWay{u.Way, u.Way.Rules().Requirement, u.Period, u.LastAt})
		}
		list = append(list, app)
	}
	return list
}

func (p *policyReader) printBroken(broken []brokenApp, days int) error {
	if len(broken) == 0 {
		_, err := fmt.Fprintf(p.out, "No app would break, by what was done in the last %d days.\n", days)
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "APP\tCLIENT_ID\tPUBLISHER\tBREAKS BY\tREQUESTS\tLAST USED")
	for _, b := range broken {
		for _, w := range b.Ways {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%s\n", b.Name, b.ClientID, b.Publisher, w.Requirement, w.Count, moment(&w.LastUsed))
		}
	}
	return table.Flush()
}
