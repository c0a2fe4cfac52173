package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/imported"
	"launchpad/internal/importer"
	"launchpad/internal/server"
	"launchpad/internal/store"
)

// importCommand brings what another server holds, beside running servers.
func importCommand() *cobra.Command {
	o := &importOptions{until: core.SystemClock{}.Now().AddDate(1, 0, 0).Format(time.DateOnly)}
	command := &cobra.Command{
		Use:   "import",
		Short: "Bring people, apps and tokens of another server",
		Long: `Bring people, apps and tokens of another server, so that its clients need not do anything.
Use the configuration of the server that they go to; it may be running. A run can be interrupted: the next one goes on, and
what came already stays as it is. Try --dry-run first. See docs/import.md.`,
		Args: cobra.NoArgs,
	}
	o.common(command)
	command.AddCommand(o.doorkeeper(), o.hydra(), o.keycloak(), o.csv())
	return command
}

// importOptions is what the flags of all import commands say.
type importOptions struct {
	beside

	name, owner, account, profile, until, report string
	everybody, operators, existing               bool
	credentials, dryRun                          bool
	scopes                                       []string
	usersCSV, accountsCSV, appsCSV               string
	d                                            importer.DoorkeeperOptions
}

func (o *importOptions) common(command *cobra.Command) {
	set := command.PersistentFlags()
	o.place(set)
	set.StringVar(&o.name, "name", "", "`name` of the source, if there are several of a kind; another run of the same name goes on where this one ended")
	set.StringVar(&o.account, "account", "", "`slug` of the account that publishes the apps")
	set.StringVar(&o.owner, "owner", "", "`e-mail` address of the person who owns apps whose own developer does not come")
	set.BoolVar(&o.everybody, "everybody", false, "make all people members of --account")
	set.BoolVar(&o.operators, "operators", false, "let people of the source be operators of this Launchpad, by their e-mail addresses")
	set.BoolVar(&o.existing, "existing", false, "let people of the source be people who are here already, by their e-mail addresses: only if nobody could sign up here with an address that is not theirs")
	set.StringVar(&o.profile, "profile", "", "`generation` of the protocol that the apps speak: oauth2, or draft5, which understands what older servers took; default: draft5 from Doorkeeper, else oauth2")
	set.BoolVar(&o.credentials, "client-credentials", false, "let all apps with a secret act for themselves")
	set.StringVar(&o.until, "http-redirects-until", o.until, "`date` until which plain http redirect URIs that come along are taken")
	set.StringArrayVar(&o.scopes, "scope", nil, "`old=new` names what a scope of the source is called here, \"=new\" what tokens without scopes may do (repeatable)")
	set.StringVar(&o.usersCSV, "users-csv", "", "`file` with people: "+strings.Join(importer.PeopleColumns, ","))
	set.StringVar(&o.accountsCSV, "accounts-csv", "", "`file` with who belongs to which account: "+strings.Join(importer.MembersColumns, ","))
	set.BoolVar(&o.dryRun, "dry-run", false, "say what would come, and change nothing")
	set.StringVar(&o.report, "report", "", "`file` for a line of JSON about each row that was not brought, or not whole")
	for _, name := range []string{"account", "owner"} {
		_ = command.MarkPersistentFlagRequired(name) // fails only for a flag that does not exist
	}
}

func (o *importOptions) doorkeeper() *cobra.Command {
	command := &cobra.Command{
		Use: "doorkeeper DSN", Short: "From the database of a Rails application with Doorkeeper", Args: cobra.ExactArgs(1),
		Long: "Bring apps, grants, access and refresh tokens from Doorkeeper's database: postgres://…, mysql://user:password@host:3306/name or sqlite:PATH.\nThe tokens go on as they are, and the first refresh turns them into ours.",
		RunE: o.run("doorkeeper", func(ctx context.Context, args []string) (importer.Source, io.Closer, error) {
			for _, told := range []string{o.d.Tokens, o.d.Secrets} {
				if told != "" && told != "plain" && told != "hashed" {
					return importer.Source{}, nil, fmt.Errorf("--tokens and --secrets are plain or hashed, not %q", told)
				}
			}
			return importer.Doorkeeper(ctx, args[0], o.d)
		}),
	}
	command.Flags().StringVar(&o.d.UsersQuery, "users-query", "", "`SELECT` on the source that gives id, email, name and perhaps the hash of the password")
	command.Flags().StringVar(&o.d.AccountsQuery, "accounts-query", "", "`SELECT` on the source that gives slug, name, user_id and perhaps role (owner, admin, member)")
	command.Flags().StringVar(&o.d.OwnerType, "owner-type", "User", "`class` of those whose tokens come, where the source has several")
	command.Flags().StringVar(&o.d.Tokens, "tokens", "", "how the source `stores` tokens: plain or hashed; needed only if it cannot be seen")
	command.Flags().StringVar(&o.d.Secrets, "secrets", "", "how it `stores` the secrets of apps: likewise")
	return command
}

func (o *importOptions) hydra() *cobra.Command {
	return &cobra.Command{
		Use: "hydra FILE|DSN", Short: "Clients of Ory Hydra", Args: cobra.ExactArgs(1),
		Long: "Bring clients from the output of \"hydra list clients --format json\", or with the hashes of their secrets from Hydra's database.",
		RunE: o.run("hydra", func(ctx context.Context, args []string) (importer.Source, io.Closer, error) {
			return importer.Hydra(ctx, args[0])
		}),
	}
}

func (o *importOptions) keycloak() *cobra.Command {
	return &cobra.Command{
		Use: "keycloak REALM.json", Short: "Clients and users of a Keycloak realm", Args: cobra.ExactArgs(1),
		Long: "Bring clients, and users with their passwords, from a realm that kc.sh exported.",
		RunE: o.run("keycloak", func(_ context.Context, args []string) (importer.Source, io.Closer, error) {
			return importer.Keycloak(args[0]), io.NopCloser(nil), nil
		}),
	}
}

func (o *importOptions) csv() *cobra.Command {
	command := &cobra.Command{
		Use: "csv", Short: "People, accounts and apps from files", Args: cobra.NoArgs,
		Long: "Bring people from --users-csv, who belongs to which account from --accounts-csv, and apps from --apps-csv. The first line of a file names its columns; those in brackets may be missing.",
		RunE: o.run("csv", func(context.Context, []string) (importer.Source, io.Closer, error) {
			source := importer.Source{}
			if o.appsCSV != "" {
				source.Apps = importer.AppsCSV(o.appsCSV)
			}
			return source, io.NopCloser(nil), nil
		}),
	}
	command.Flags().StringVar(&o.appsCSV, "apps-csv", "", "`file` with apps: "+strings.Join(importer.AppsColumns, ","))
	return command
}

// run makes a command of what opens a source.
func (o *importOptions) run(kind string, open func(context.Context, []string) (importer.Source, io.Closer, error)) func(*cobra.Command, []string) error {
	return func(command *cobra.Command, args []string) error {
		c, err := o.configuration(command)
		if err != nil {
			return err
		}
		ctx, stop := signal.NotifyContext(command.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		s, err := store.Open(ctx, c.Database, core.SystemClock{})
		if err != nil {
			return err
		}
		defer s.Close()
		if o.name == "" {
			o.name = kind
		}
		if o.profile == "" {
			o.profile = string(usualProfile(kind))
		}
		decided, err := o.decided(ctx, c, s)
		if err != nil {
			return err
		}
		source, closer, err := open(ctx, args)
		if err != nil {
			return err
		}
		defer closer.Close()
		return o.bring(ctx, command, s, decided, o.withFiles(source))
	}
}

// usualProfile is the one of apps that a kind of server was good enough for. Doorkeeper's were never asked for PKCE, and could send
// their credentials and tokens in addresses; whatever they do in the way of today is answered as ever.
func usualProfile(kind string) core.Profile {
	if kind == "doorkeeper" {
		return core.ProfileDraft5
	}
	return core.ProfileOAuth2
}

// withFiles lets files say who people are, whatever the source.
func (o *importOptions) withFiles(source importer.Source) importer.Source {
	if o.usersCSV != "" {
		source.People, source.Members = importer.PeopleCSV(o.usersCSV)
	}
	if o.accountsCSV != "" {
		source.Members = importer.MembersCSV(o.accountsCSV)
	}
	return source
}

func (o *importOptions) decided(ctx context.Context, c config.Config, s *store.Store) (d importer.Options, err error) {
	d = importer.Options{
		Name: o.name, Everybody: o.everybody, Operators: o.operators, Existing: o.existing, Profile: core.Profile(o.profile), ClientCredentials: o.credentials,
		Published: c.Catalog().Published(), RefreshAbsolute: server.DefaultLife.RefreshAbsolute, DryRun: o.dryRun, Settle: settle, Scopes: map[string]string{},
	}
	if d.Profile != core.ProfileOAuth2 && d.Profile != core.ProfileDraft5 {
		return d, fmt.Errorf("--profile is oauth2 or draft5, not %q", o.profile)
	}
	if d.HTTPRedirectsUntil, err = time.Parse(time.DateOnly, o.until); err != nil {
		return d, fmt.Errorf("--http-redirects-until is a date like %s, not %q", time.DateOnly, o.until)
	}
	for _, pair := range o.scopes {
		old, as, found := strings.Cut(pair, "=")
		if !found {
			return d, fmt.Errorf("--scope is old=new, not %q", pair)
		}
		d.Scopes[strings.TrimSpace(old)] = as
	}
	if d.Account, err = s.AccountBySlug(ctx, o.account); err != nil {
		return d, because(err, fmt.Errorf("there is no account %q; make it first", o.account))
	}
	email, _ := core.NormalEmail(o.owner)
	if d.Owner, err = s.IdentityByEmail(ctx, email); err != nil {
		return d, because(err, fmt.Errorf("nobody here has the e-mail address %q; the owner of the apps comes first", o.owner))
	}
	if _, err = s.Member(ctx, d.Account.ID, d.Owner.ID); err != nil {
		return d, because(err, fmt.Errorf("%s does not belong to the account %s", o.owner, o.account))
	}
	return d, nil
}

// because says what it means that something was not found; other errors stay what they are.
func because(err, missing error) error {
	if errors.Is(err, core.ErrNotFound) {
		return missing
	}
	return err
}

// settle waits until every running server knows that tokens of another server can come.
func settle(ctx context.Context) error {
	select {
	case <-time.After(imported.LookEvery + 200*time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (o *importOptions) bring(ctx context.Context, command *cobra.Command, s *store.Store, d importer.Options, source importer.Source) (err error) {
	var lines io.Writer
	if o.report != "" {
		file, err := os.OpenFile(o.report, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) // it names people's ids
		if err != nil {
			return err
		}
		defer file.Close()
		lines = file
	}
	report := importer.NewReport(lines)
	report.Progress = newBar(os.Stderr).show
	ran := importer.New(s, core.SystemClock{}, d, report).Run(ctx, source)
	out := command.OutOrStdout()
	if o.dryRun {
		fmt.Fprintln(out, "This is what would come; nothing was changed.")
	}
	err = errors.Join(report.Close(), report.Summarize(out))
	switch {
	case errors.Is(ran, context.Canceled):
		return errors.New("interrupted; run the same command again, and it goes on")
	case errors.Is(ran, core.ErrUnavailable):
		return fmt.Errorf("%w; run the same command again, and it goes on", ran)
	}
	return errors.Join(ran, err)
}
