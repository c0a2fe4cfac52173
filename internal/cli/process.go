package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/durable"
	"launchpad/internal/gateway"
	"launchpad/internal/journal"
	"launchpad/internal/keys"
	"launchpad/internal/protect"
	"launchpad/internal/secret"
	"launchpad/internal/server"
	"launchpad/internal/signin"
	"launchpad/internal/store"
)

// process is a running Launchpad.
type process struct {
	config config.Config
	lines  *journal.Journal
	store  *store.Store
	server *server.Server
	door   door
	sites  []*site
	served chan error  // when a site ends by itself
	setup  secret.Text // the one-time link's token, if there is no operator yet

	again func() (config.Config, error) // reads the configuration anew; nil: it was made up
}

// site is what answers at one address.
type site struct {
	http   *http.Server
	socket net.Listener
}

// drainTimeout is how long a process that was asked to end lets requests go on.
const drainTimeout = 20 * time.Second

// start brings everything up to the point where requests are answered well. Listening comes first: who starts on a
// taken port should hear of that before a database is made, and who asks for health hears of the start.
func start(ctx context.Context, c config.Config, lines *journal.Journal, prepare func(context.Context, *store.Store, *server.Options) error) (*process, error) {
	if err := c.Finish(); err != nil {
		return nil, err
	}
	p := &process{config: c, lines: lines, served: make(chan error, 2)}
	if err := p.listen(c.Listen, &p.door); err != nil {
		return nil, err
	}
	if err := p.open(ctx, prepare); err != nil {
		return nil, errors.Join(err, p.close())
	}
	p.door.open(p.server)
	// Numbers are for operators: never at the address that everybody reaches.
	if c.Metrics != "" {
		metrics := http.NewServeMux()
		metrics.Handle("GET /metrics", p.server.Metrics())
		if err := p.listen(c.Metrics, metrics); err != nil {
			return nil, errors.Join(fmt.Errorf("metrics: %w", err), p.close())
		}
	}
	return p, nil
}

func (p *process) listen(address string, handler http.Handler) error {
	socket, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	s := &site{defaultLimits.server(handler), watched(socket)}
	p.sites = append(p.sites, s)
	go func() { p.served <- s.http.Serve(s.socket) }()
	return nil
}

func (p *process) open(ctx context.Context, prepare func(context.Context, *store.Store, *server.Options) error) error {
	c := p.config
	if strings.HasPrefix(c.Database, "sqlite:") {
		if err := durable.MakeDir(c.Data); err != nil {
			return fmt.Errorf("data: %w", err)
		}
	}
	key, err := masterKey(ctx, c)
	if err != nil {
		return err
	}
	clock := core.SystemClock{}
	if p.store, err = store.Open(ctx, c.Database, clock); err != nil {
		return err
	}
	if key == nil {
		if key, err = firstMasterKey(ctx, c, p.store); err != nil {
			return err
		}
	}
	options, err := serverOptions(c, p.store, clock, key)
	if err != nil {
		return err
	}
	options.Lines = p.lines
	exists, err := p.store.OperatorExists(ctx)
	if err != nil {
		return err
	}
	if !exists {
		options.Setup, p.setup = signin.NewSetupLink()
	}
	if err := prepare(ctx, p.store, &options); err != nil {
		return err
	}
	if Adjust != nil {
		Adjust(&options)
	}
	p.server, err = server.New(ctx, options)
	return c.Located(err)
}

// serverOptions is what follows from the configuration alone.
func serverOptions(c config.Config, s *store.Store, clock core.Clock, key []byte) (o server.Options, err error) {
	life, rotation := server.DefaultLife, keys.DefaultRotation
	life.Access = time.Duration(c.AccessLife)
	rotation.Every = time.Duration(c.KeyRotation)
	o = server.Options{
		Version: Version, Issuer: c.Issuer, Name: c.Name, Store: s, Clock: clock, Watch: core.NewStopwatch(), MasterKey: key, Rotation: rotation, Life: life,
		RefreshWindow: time.Duration(c.RefreshWindow), Catalog: c.Catalog(), Log: slog.Default(), Limits: c.Limits, LimitsRedis: c.LimitsRedis,
		Sunset: c.Sunset.Ends(), SignUp: core.SignUp(c.SignUp), Creators: core.Creators(c.CreateAccounts),
		Registration: c.Registrars(),
	}
	if o.Proxies, err = c.Networks(); err != nil {
		return o, err
	}
	if o.Asking, err = c.Asking(); err != nil {
		return o, err
	}
	if o.AccountHosts, err = c.Hosts(); err != nil {
		return o, err
	}
	o.APIs, err = apis(c)
	return o, err
}

// apis is what is protected. One without an upstream has a proxy in front that asks.
func apis(c config.Config) ([]gateway.API, error) {
	var list []gateway.API
	for i, a := range c.APIs {
		key := fmt.Sprintf("api[%d]", i)
		if a.Guarded(&c) {
			list = append(list, gateway.API{API: protectedAPI(key, a)})
			continue
		}
		targets, err := a.Targets()
		if err != nil {
			return nil, config.Wrong(key+".upstream", "%w", err)
		}
		api := gateway.API{
			API: protectedAPI(key, a),
			Upstream: gateway.Pool(gateway.Backends{
				Targets: targets, Connect: time.Duration(a.ConnectTimeout), FirstByte: time.Duration(a.FirstByteTimeout), Whole: time.Duration(a.Timeout),
				Idle: time.Duration(a.IdleTimeout), Retries: a.Retries, Health: a.HealthPath, Every: time.Duration(a.HealthInterval),
			}),
			MaxBody: a.MaxBody, MaxAnswer: a.MaxAnswer, WebSocket: a.WebSocket, Origins: a.Origins,
		}
		list = append(list, api)
	}
	return list, nil
}

func protectedAPI(key string, a config.API) protect.API {
	api := protect.API{
		Key: key, Name: a.Name, Resource: a.Resource, Hosts: a.Hosts, Prefix: a.Prefix, Scopes: a.Scopes, AccountFrom: a.AccountFrom,
		QueryTokens: a.TakesQueryTokens(), Agents: a.Agents, Assertion: a.Asserts(), Limits: a.Limits,
	}
	for i, r := range a.Routes {
		for _, method := range r.AllMethods() {
			api.Routes = append(api.Routes, protect.Route{Key: fmt.Sprintf("route[%d]", i), Method: method, Path: r.Path, Scope: strings.Join(r.AllScopes(), " "), Session: r.Session})
		}
	}
	return api
}

// run serves until SIGTERM or SIGINT, then lets what is under way finish.
func (p *process) run(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	defer p.reloads(ctx)()
	var err error
	select {
	case err = <-p.served:
	case <-ctx.Done():
		stop() // a second signal ends the process at once
		p.server.Drain()
		drain, cancel := context.WithTimeout(context.Background(), drainTimeout)
		defer cancel()
		for _, s := range p.sites {
			err = errors.Join(err, s.http.Shutdown(drain))
		}
	}
	return errors.Join(err, p.close())
}

// close ends at once what still goes on.
func (p *process) close() error {
	var err error
	for _, s := range p.sites {
		err = errors.Join(err, s.http.Close())
	}
	if p.server != nil {
		p.server.Close()
	}
	if p.store != nil {
		err = errors.Join(err, p.store.Close())
	}
	p.lines.Flush()
	return err
}

// setupURL is the one-time link.
func (p *process) setupURL() string {
	return p.config.Issuer + "/setup?" + url.Values{"token": {p.setup.Reveal()}}.Encode()
}

// logTo opens the process's log.
func logTo(level slog.Level) *journal.Journal {
	lines := journal.New(os.Stderr, level)
	slog.SetDefault(lines.Logger())
	return lines
}
