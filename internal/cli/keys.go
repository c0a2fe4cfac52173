package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/keys"
	"launchpad/internal/server"
	"launchpad/internal/store"
)

// keysCommand works on the stored keys, beside running servers, which follow within a second.
func keysCommand() *cobra.Command {
	var o keysCommands
	var newMaster string
	command := &cobra.Command{
		Use:   "keys",
		Short: "List, rotate, revoke and rewrap the sealing and signing keys",
		Long: `List, rotate, revoke and rewrap the sealing and signing keys.
Use the configuration of the server that they belong to. It may be running, on every engine; all nodes follow within a second.`,
		Args: cobra.NoArgs,
	}
	o.place(command.PersistentFlags())
	o.prints(command.PersistentFlags())
	rewrap := &cobra.Command{
		Use: "rewrap --new-master-key-file FILE", Short: "Encrypt all stored keys under another master key", Args: cobra.NoArgs,
		Long: `Encrypt all stored keys under the master key in FILE, which is made if it does not exist. Nothing else changes: every
token stays good. Interrupted, all keys are under the old or all under the new master key.
Then give every server the new master key and start it again.`,
		RunE: o.act(func(k *keyring, ctx context.Context, _ []string) error { return k.rewrap(ctx, newMaster) }),
	}
	rewrap.Flags().StringVar(&newMaster, "new-master-key-file", "", "`file` with the new master key, made if it does not exist")
	_ = rewrap.MarkFlagRequired("new-master-key-file") // fails only for a flag that does not exist
	command.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the keys and where they are in their lives", Args: cobra.NoArgs,
			RunE: o.act(func(k *keyring, ctx context.Context, _ []string) error { return k.print(ctx) }),
		},
		&cobra.Command{
			Use: "rotate [RING]", Short: "Publish successors now instead of on schedule", Args: cobra.MaximumNArgs(1), ValidArgs: keys.Rings(),
			Long: "Publish a successor of the key of a ring, or of every ring. It is used as soon as everybody can know it, after " + keys.DefaultRotation.Lead.String() + "; what the old key made stays good.",
			RunE: o.act((*keyring).rotate),
		},
		&cobra.Command{
			Use: "revoke KID", Short: "End a key at once, because others may have it", Args: cobra.ExactArgs(1),
			Long: "End a key at once: everything that was made with it is refused. If it was in use, its successor is used at once.",
			RunE: o.act((*keyring).revoke),
		},
		rewrap,
	)
	return command
}

type keysCommands struct{ beside }

// act makes a command of what is done with the opened keys.
func (o *keysCommands) act(do func(*keyring, context.Context, []string) error) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, args []string) error {
		c, err := o.configuration(command)
		if err != nil {
			return err
		}
		ring, err := openKeyring(command.Context(), c)
		if err != nil {
			return err
		}
		ring.out, ring.json = command.OutOrStdout(), o.output == "json"
		return errors.Join(do(ring, command.Context(), args), ring.store.Close())
	}
}

// keyring is what the commands work on.
type keyring struct {
	*keys.Keys
	store *store.Store
	out   io.Writer
	json  bool
}

// openKeyring opens the keys of a server's database.
func openKeyring(ctx context.Context, c config.Config) (*keyring, error) {
	master, err := masterKey(ctx, c)
	if err != nil {
		return nil, err
	}
	if master == nil {
		return nil, fmt.Errorf("master key: %s is missing; give --config or --data as the server has it", c.MasterKeyFile)
	}
	clock := core.SystemClock{}
	s, err := store.Open(ctx, c.Database, clock)
	if err != nil {
		return nil, err
	}
	options, err := serverOptions(c, s, clock, master)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	o := server.KeyOptions(options)
	o.BearDamage = true
	k, err := keys.Open(ctx, o)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &keyring{Keys: k, store: s}, nil
}

func (k *keyring) rotate(ctx context.Context, args []string) error {
	asked := args
	if len(asked) == 0 {
		asked = keys.Rings()
	}
	for _, ring := range asked {
		err := k.Rotate(ctx, keys.Ring(ring))
		switch {
		case errors.Is(err, core.ErrNotFound):
			return fmt.Errorf("there is no ring %q; the rings are %s", ring, strings.Join(keys.Rings(), ", "))
		case errors.Is(err, core.ErrConflict) && len(args) > 0:
			return fmt.Errorf("the successor in ring %s is published already and waits for its time", ring)
		case err != nil && !errors.Is(err, core.ErrConflict):
			return err
		}
	}
	return k.print(ctx, asked...)
}

func (k *keyring) revoke(ctx context.Context, args []string) error {
	err := k.Revoke(ctx, args[0])
	switch {
	case errors.Is(err, core.ErrNotFound):
		return fmt.Errorf("there is no key %q; launchpad keys list shows them", args[0])
	case errors.Is(err, core.ErrConflict):
		return fmt.Errorf("key %s is revoked already", args[0])
	case err != nil:
		return err
	}
	all, err := k.List(ctx)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(s keys.Status) bool { return s.ID == args[0] })
	if at < 0 {
		return k.print(ctx)
	}
	return k.print(ctx, all[at].Ring)
}

func (k *keyring) rewrap(ctx context.Context, path string) error {
	master, err := newMasterKey(path)
	if err != nil {
		return err
	}
	if err := k.Rewrap(ctx, master); err != nil {
		return err
	}
	if k.json {
		return k.print(ctx)
	}
	_, err = fmt.Fprintf(k.out, "All keys are encrypted under the master key in %s now. Give it to every server and start them again;\nkeep the old one as long as backups need it.\n", path)
	return err
}

// listed is what is told of a key; the names of the members are kept.
type listed struct {
	Ring      string     `json:"ring"`
	ID        string     `json:"kid"`
	Algorithm string     `json:"alg"`
	Made      time.Time  `json:"made"`
	Active    time.Time  `json:"active"`
	Retires   *time.Time `json:"retires"`
	State     keys.State `json:"state"`
}

// print lists the keys, of some rings or of all.
func (k *keyring) print(ctx context.Context, of ...string) error {
	all, err := k.List(ctx)
	if err != nil {
		return err
	}
	list := []listed{}
	for _, s := range all {
		if len(of) == 0 || slices.Contains(of, s.Ring) {
			if s.State == keys.Revoked {
				s.RetiresAt = s.RevokedAt
			}
			list = append(list, listed{s.Ring, s.ID, s.Algorithm, s.CreatedAt, s.ActiveAt, maybe(s.RetiresAt), s.State})
		}
	}
	if k.json {
		return json.NewEncoder(k.out).Encode(list)
	}
	table := tabwriter.NewWriter(k.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "RING\tKEY\tMADE\tACTIVE\tRETIRES\tSTATE")
	for _, l := range list {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", l.Ring, l.ID, moment(&l.Made), moment(&l.Active), moment(l.Retires), l.State)
	}
	return table.Flush()
}

func maybe(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// moment is a time in UTC, which all nodes share.
func moment(at *time.Time) string {
	if at == nil {
		return "-"
	}
	return at.UTC().Format("2006-01-02 15:04:05Z")
}
