package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"launchpad/internal/apps"
	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/durable"
	"launchpad/internal/gateway"
	"launchpad/internal/journal"
	"launchpad/internal/protect"
	"launchpad/internal/sample"
	"launchpad/internal/secret"
	"launchpad/internal/server"
	"launchpad/internal/store"
)

// demoOptions is what the demo's flags say.
type demoOptions struct {
	file      string
	output    string
	redirects []string
	agentAPIs []string // addresses of upstreams
	documents string   // file with the certificates of servers on this computer
	level     slog.Level
}

func demoCommand() *cobra.Command {
	c := config.Default()
	c.Data = filepath.Join(os.TempDir(), "launchpad-demo")
	o := demoOptions{level: slog.LevelWarn}
	command := &cobra.Command{
		Use:   "demo",
		Short: "Run Launchpad with sample data and a sample API",
		Long:  "Run Launchpad on loopback with sample people, accounts and apps, and a sample API behind the gateway.",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			from, err := config.Load(o.file, nil)
			if err != nil {
				return err
			}
			c.Limits, c.Proxies, c.Sunset, c.APIs, c.ForwardAuth = from.Limits, from.Proxies, from.Sunset, from.APIs, from.ForwardAuth
			return demo(command.Context(), c, logTo(o.level), o)
		},
	}
	command.Flags().StringVar(&o.file, "config", "", "configuration `file`, of which limits, proxies, sunset, forward_auth and APIs are taken")
	command.Flags().StringVar(&c.Listen, "listen", c.Listen, "loopback `address` to listen on")
	command.Flags().StringVar(&c.Data, "data", c.Data, "`directory` of the embedded database")
	command.Flags().StringVar(&c.Database, "database", "", "postgres://… `address` instead of the embedded database")
	command.Flags().TextVar(&c.RefreshWindow, "refresh-window", c.RefreshWindow, "how long a rotated refresh token is still answered")
	command.Flags().TextVar(&o.level, "log-level", o.level, "from which `level` on to log; each request is at info")
	command.Flags().StringVar(&o.output, "output", "text", "what to print when ready: text or json")
	command.Flags().StringArrayVar(&o.redirects, "app-redirect", nil, "redirect `URI` to add to every app that people sign in through (repeatable)")
	command.Flags().StringArrayVar(&o.agentAPIs, "agent-api", nil, "`address` of an API for AI agents, such as an MCP server, to put behind the gateway (repeatable)")
	command.Flags().StringVar(&o.documents, "local-documents", "", "`file` with certificates: apps may show metadata documents on this computer, too, if a server that proves itself by one of these has them")
	return command
}

// demoScopes and the sample API's routes.
var demoScopes = []config.Scope{
	{Name: "dashboards:read", Words: "Your dashboards and what is on them"},
	{Name: "dashboards:write", Words: "Add and edit dashboards", Changes: true},
}

var demoAPI = protect.API{
	Prefix: "/v3/",
	Routes: []protect.Route{
		{Method: "GET", Path: "/v3/dashboards", Scope: "dashboards:read"},
		{Method: "POST", Path: "/v3/dashboards", Scope: "dashboards:write"},
		{Method: "GET", Path: "/v3/accounts/{account}/dashboards", Scope: "dashboards:read"},
	},
	QueryTokens: true,
}

// demoApp is what the JSON says of an app.
type demoApp struct {
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"client_secret,omitempty"`
	RedirectURIs []string `json:"redirect_uris"`
}

type demoAccount struct {
	ID   string `json:"id"`
	Slug string `json:"slug"`
	Name string `json:"name"`
}

// demoFacts is what is printed; its shape is kept.
type demoFacts struct {
	Issuer string `json:"issuer"`
	API    string `json:"api"`
	Scope  string `json:"scope"`
	Apps   struct {
		Web     demoApp `json:"web"`
		Public  demoApp `json:"public"`
		Machine demoApp `json:"machine"`
		API     demoApp `json:"api"`    // an API that checks tokens by itself
		Draft5  demoApp `json:"draft5"` // an integration of 2010, tokens in the redirect switched on
	} `json:"apps"`
	Identity struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	} `json:"identity"`
	Colleague struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	} `json:"colleague"` // in the first account
	AgentAPIs     []demoAgentAPI `json:"agent_apis,omitempty"`
	Accounts      []demoAccount  `json:"accounts"`
	AccountHosts  string         `json:"account_hosts"` // with {account} for the slug
	PersonalToken string         `json:"personal_token"`
}

// whole reports whether nothing is missing that a version made later.
func (f demoFacts) whole() bool {
	for _, app := range []demoApp{f.Apps.Web, f.Apps.Public, f.Apps.Machine, f.Apps.API, f.Apps.Draft5} {
		if app.ClientID == "" {
			return false
		}
	}
	return f.Identity.Email != "" && f.Colleague.Email != "" && f.PersonalToken != ""
}

func demo(ctx context.Context, c config.Config, lines *journal.Journal, o demoOptions) error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil || !config.Loopback(host) {
		// Its passwords are printed for everybody to read.
		return fmt.Errorf("demo listens on loopback only, not on %q", c.Listen)
	}
	if o.output != "text" && o.output != "json" {
		return fmt.Errorf("output must be text or json, not %q", o.output)
	}
	c.Scopes = slices.Clone(demoScopes)
	if len(o.agentAPIs) > 0 {
		c.Scopes = append(c.Scopes, agentScopes...)
	}
	c.AccountHosts = "http://{account}.localhost:" + port                               // browsers know that this is loopback
	c.SignUp, c.CreateAccounts = string(core.SignUpOpen), string(core.CreatorsEveryone) // it is there to be tried
	var facts demoFacts
	p, err := start(ctx, c, lines, func(ctx context.Context, s *store.Store, options *server.Options) error {
		options.APIs = append(options.APIs, gateway.API{API: demoAPI, Upstream: gateway.Local(sample.API())})
		agents, err := agentAPIs(options.Issuer, o.agentAPIs)
		if err != nil {
			return err
		}
		options.APIs = append(options.APIs, agents...)
		if len(agents) > 0 {
			options.Registration = core.RegistrarsAnybody
		}
		if o.documents != "" {
			if options.Fetch, err = localDocuments(options.Clock, o.documents); err != nil {
				return err
			}
		}
		options.Setup = nil
		seeder := &seeder{store: s, clock: options.Clock, acts: apps.NewActs(s, options.Clock, options.Catalog.Published()), file: filepath.Join(c.Data, "demo.json")}
		facts, err = seeder.seed(ctx, o.redirects)
		facts.AccountHosts = c.AccountHosts
		facts.Issuer, facts.API, facts.Scope = options.Issuer, options.Issuer+"/v3/dashboards", demoAPI.Scope().String()
		facts.AgentAPIs = nil
		for i, api := range agents {
			facts.AgentAPIs = append(facts.AgentAPIs, demoAgentAPI{api.Resource, o.agentAPIs[i], scopeOfTools})
		}
		return err
	})
	if err != nil {
		return err
	}
	if o.output == "json" {
		err = json.NewEncoder(os.Stdout).Encode(facts)
	} else {
		_, err = fmt.Print(facts.text())
	}
	if err != nil {
		return errors.Join(err, p.close())
	}
	return p.run(ctx)
}

func (f demoFacts) text() string {
	return fmt.Sprintf(`Launchpad demo

  Portal         %s/oauth/applications
  Sign in as     %s
  Password       %s
  Accounts       %s, %s
  Their portals  %s
  A colleague    %s, with the same password

Call the sample API, with a personal token:

  curl -H "Authorization: Bearer %s" -H "Launchpad-Account: %s" %s

Authorize the sample web app in a browser:

  %s/oauth/authorize?response_type=code&client_id=%s&redirect_uri=%s

%sStop with Ctrl-C.
`, f.Issuer, f.Identity.Email, f.Identity.Password, f.Accounts[0].Name, f.Accounts[1].Name,
		strings.Replace(f.AccountHosts, "{account}", f.Accounts[0].Slug, 1)+"/oauth/applications and likewise", f.Colleague.Email,
		f.PersonalToken, f.Accounts[0].Slug, f.API, f.Issuer, f.Apps.Web.ClientID, f.Apps.Web.RedirectURIs[0], f.agents())
}

// seeder makes the sample data once and remembers what was shown only once.
type seeder struct {
	store *store.Store
	clock core.Clock
	acts  *apps.Acts
	file  string
}

const demoPassword = "correct horse battery staple"

func (s *seeder) seed(ctx context.Context, redirects []string) (demoFacts, error) {
	var facts demoFacts
	if text, err := os.ReadFile(s.file); err == nil {
		if err := json.Unmarshal(text, &facts); err != nil {
			return facts, fmt.Errorf("read %s: %w", s.file, err)
		}
		if !facts.whole() {
			return facts, fmt.Errorf("%s: this sample data is of an older version and lacks some of what the demo shows now; remove it with its database, or choose another --data", filepath.Dir(s.file))
		}
		return facts, s.addRedirects(ctx, &facts, redirects)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return facts, err
	}
	person, colleague, accounts, err := s.people(ctx)
	if err != nil {
		return facts, err
	}
	facts.Identity.Email, facts.Identity.Password = person.Email, demoPassword
	facts.Colleague.Email, facts.Colleague.Password = colleague.Email, demoPassword
	for _, a := range accounts {
		facts.Accounts = append(facts.Accounts, demoAccount{a.ID.String(), a.Slug, a.Name})
	}
	if err := s.apps(ctx, person, accounts[0], redirects, &facts); err != nil {
		return facts, err
	}
	text, err := json.Marshal(facts)
	if err != nil {
		return facts, err
	}
	if err := durable.MakeDir(filepath.Dir(s.file)); err != nil {
		return facts, err
	}
	return facts, durable.NewFile(s.file, text)
}

func (s *seeder) people(ctx context.Context) (person, colleague core.Identity, accounts []core.Account, err error) {
	now := s.clock.Now()
	hash, err := secret.NewGate(time.Minute).HashPassword(ctx, demoPassword)
	if err != nil {
		return person, colleague, nil, err
	}
	person = core.Identity{ID: secret.NewID(now), Email: "sam@example.com", Name: "Sam Sample", PasswordHash: hash, Operator: true, CreatedAt: now}
	colleague = core.Identity{ID: secret.NewID(now), Email: "robin@example.com", Name: "Robin Sample", PasswordHash: hash, CreatedAt: now}
	accounts = []core.Account{
		{ID: secret.NewID(now), Slug: "sample-bakery", Name: "Sample Bakery", CreatedAt: now},
		{ID: secret.NewID(now), Slug: "sample-cinema", Name: "Sample Cinema", CreatedAt: now},
	}
	if err := s.store.CreateOperator(ctx, person, accounts[0]); err != nil {
		return person, colleague, nil, fmt.Errorf("make sample data: %w (the database is not empty; choose another --data)", err)
	}
	if err := s.store.CreateAccount(ctx, accounts[1], person.ID); err != nil {
		return person, colleague, nil, err
	}
	if err := s.store.CreateIdentity(ctx, colleague); err != nil {
		return person, colleague, nil, err
	}
	return person, colleague, accounts, s.store.AddMember(ctx, colleague.ID, accounts[0].ID, core.RoleMember, person.ID, now)
}

// demoRedirect is where nothing listens unless somebody starts it.
const demoRedirect = "http://127.0.0.1:8765/callback"

func (s *seeder) apps(ctx context.Context, person core.Identity, publisher core.Account, redirects []string, facts *demoFacts) error {
	for _, a := range []struct {
		name     string
		kind     core.AppKind
		switches apps.Switches
		into     *demoApp
	}{
		{"Sample Reports", core.KindWeb, apps.Switches{}, &facts.Apps.Web},
		{"Sample Desktop", core.KindNative, apps.Switches{}, &facts.Apps.Public},
		{"Sample Robot", core.KindMachine, apps.Switches{ClientCredentials: true}, &facts.Apps.Machine},
		{"Sample API", core.KindMachine, apps.Switches{Introspection: true, ClientCredentials: true, TokenFormat: core.FormatJWT}, &facts.Apps.API},
		{"Sample Veteran", core.KindWeb, apps.Switches{Profile: core.ProfileDraft5, Implicit: true}, &facts.Apps.Draft5},
	} {
		draft := apps.Draft{Name: a.name, Kind: a.kind, PublisherID: publisher.ID}
		if a.kind.Rules().SignsPeopleIn() {
			draft.RedirectURIs = merged([]string{demoRedirect}, redirects)
		}
		app, shown, err := s.acts.Register(ctx, person, draft)
		if err != nil {
			return describe(err)
		}
		if a.switches != (apps.Switches{}) {
			if app, err = s.acts.Switch(ctx, person, app, a.switches); err != nil {
				return err
			}
		}
		*a.into = demoApp{app.ClientID, shown.Reveal(), append([]string{}, app.RedirectURIs...)}
		if a.into == &facts.Apps.Web {
			_, token, err := s.acts.CreatePersonalToken(ctx, person, app, apps.TokenDraft{Name: "Demo", Reach: core.Reach{All: true}})
			if err != nil {
				return err
			}
			facts.PersonalToken = token.Reveal()
		}
	}
	return nil
}

// describe names the redirect URI that cannot be used.
func describe(err error) error {
	if problems, ok := errors.AsType[apps.Problems](err); ok && len(problems) > 0 {
		return fmt.Errorf("%s: %s", problems[0].Field, problems[0].Detail)
	}
	return err
}

// addRedirects brings apps of an earlier start up to date.
func (s *seeder) addRedirects(ctx context.Context, facts *demoFacts, redirects []string) error {
	for _, known := range []*demoApp{&facts.Apps.Web, &facts.Apps.Public, &facts.Apps.Draft5} {
		if known.ClientID == "" {
			continue // of a start before there was such an app
		}
		app, err := s.store.AppByClientID(ctx, known.ClientID)
		if err != nil {
			return fmt.Errorf("load sample app: %w", err)
		}
		owner, err := s.store.Identity(ctx, app.OwnerID)
		if err != nil {
			return fmt.Errorf("load sample person: %w", err)
		}
		all := merged(app.RedirectURIs, redirects)
		if len(all) > len(app.RedirectURIs) {
			if _, err := s.acts.Edit(ctx, owner, app.ID, apps.Draft{Name: app.Name, HomepageURL: app.HomepageURL, RedirectURIs: all, Scope: app.Scope}); err != nil {
				return describe(err)
			}
		}
		known.RedirectURIs = all
	}
	return nil
}

func merged(first, more []string) []string {
	list := append([]string{}, first...)
	for _, uri := range more {
		if !slices.Contains(list, uri) {
			list = append(list, uri)
		}
	}
	return list
}
