package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"launchpad/internal/access"
	"launchpad/internal/apps"
	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/events"
	"launchpad/internal/feed"
	"launchpad/internal/fetch"
	"launchpad/internal/gateway"
	"launchpad/internal/imported"
	"launchpad/internal/interact"
	"launchpad/internal/journal"
	"launchpad/internal/keys"
	"launchpad/internal/limit"
	"launchpad/internal/meter"
	"launchpad/internal/mint"
	"launchpad/internal/protect"
	"launchpad/internal/secret"
	"launchpad/internal/session"
	"launchpad/internal/signin"
	"launchpad/internal/store"
	"launchpad/internal/sunset"
	"launchpad/internal/uses"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Options is everything that a server is made of.
type Options struct {
	Version       string // of the program
	Issuer        string // without a slash at the end
	AccountHosts  core.AccountHosts
	Name          string // of this deployment, on pages
	Store         *store.Store
	Clock         core.Clock
	Watch         core.Stopwatch
	MasterKey     []byte
	Rotation      keys.Rotation // of the keys
	Life          mint.Lifetimes
	RefreshWindow time.Duration
	Catalog       core.Catalog
	APIs          []gateway.API
	SignUp        core.SignUp               // who may make an ID; "" is nobody
	Creators      core.Creators             // who may open accounts; "" is operators
	Sunset        map[core.OldWay]time.Time // from when on old ways are refused
	Registration  core.Registrars           // who may bring apps by program; "" is nobody
	Fetch         *fetch.Client             // of the documents of such apps; nil: one that keeps to the public network
	Setup         *signin.SetupLink
	Proxies       web.Proxies   // in front of this server
	Asking        web.Proxies   // in front of APIs, which ask by forward-auth
	Limits        config.Limits // zero: the defaults
	LimitsRedis   string        // redis://…, which counts for all nodes; "": none
	RedisPatience time.Duration // how long a decision waits for it; 0: the usual time
	Log           *slog.Logger
	Lines         *journal.Journal // one line for each request; nil: none
}

// DefaultLife is how long things live unless the operator says otherwise.
var DefaultLife = mint.Lifetimes{
	Access:          2 * time.Hour,
	Implicit:        15 * time.Minute,
	Code:            time.Minute,
	ShownCode:       5 * time.Minute,
	RefreshIdle:     60 * 24 * time.Hour,
	RefreshAbsolute: 365 * 24 * time.Hour,
}

// DefaultRefreshWindow is how long a rotated refresh token is still answered.
const DefaultRefreshWindow = time.Minute

// passwordPatience is how long a sign-in waits for its turn at the password gate.
const passwordPatience = 10 * time.Second

// Server is a running house.
type Server struct {
	options   Options
	log       *events.Log
	steady    *core.SteadyClock // options.Clock
	keys      *keys.Keys
	directory *apps.Directory
	strangers *apps.Strangers
	imported  *imported.Tokens
	access    *access.Verifier
	secrets   *apps.SecretUses
	oldWays   *sunset.Ways
	feed      *feed.Streams
	gate      *secret.Gate
	sessions  *session.Sessions
	limits    *limits
	nodes     *limit.Nodes // nil: nobody else uses the database
	redis     *limit.Redis // nil: none is set
	pages     *web.Renderer
	published oauth.Scope
	resources *protect.Resources
	table     atomic.Pointer[protect.Table] // of the gateway's APIs and the guarded ones
	gateway   *gateway.Room
	calls     *policy // by address
	apiRows   apiRows
	mux       *http.ServeMux
	exact     map[string]http.Handler // by path, for those without wildcards
	all       []web.Route
	traffic

	stop     context.CancelFunc
	running  sync.WaitGroup
	draining atomic.Bool
}

// New opens the keys, reads what was revoked recently, and is then ready to serve.
func New(ctx context.Context, o Options) (*Server, error) {
	if o.Limits == (config.Limits{}) {
		o.Limits = config.DefaultLimits
	}
	steady := core.NewSteadyClock(o.Clock)
	o.Clock = steady
	o.Proxies = slices.Concat(o.Proxies, o.Asking) // who asks for somebody says for whom
	s := &Server{options: o, steady: steady, published: o.Catalog.Published(), exact: map[string]http.Handler{}}
	s.unrouted = s.way("none", "any", meter.NewDurations(tookBounds...))
	var err error
	if s.resources, err = protect.NewResources(o.Issuer, nil); err != nil {
		return nil, fmt.Errorf("start server: %w", err)
	}
	if s.keys, err = keys.Open(ctx, KeyOptions(o)); err != nil {
		return nil, err
	}
	if s.pages, err = web.New(o.Name, o.Clock); err != nil {
		return nil, err
	}
	s.log = events.New(o.Store, o.Clock, o.Watch, o.Log)
	s.directory = apps.NewDirectory(o.Store, s.log)
	if o.Fetch == nil {
		o.Fetch = fetch.New(fetch.Options{Clock: o.Clock})
	}
	s.strangers = apps.NewStrangers(s.directory, o.Clock, apps.StrangerOptions{Open: o.Registration == core.RegistrarsAnybody, Scope: s.agentScope, Name: o.Name, Fetch: o.Fetch})
	s.secrets = apps.NewSecretUses(o.Store, o.Clock)
	s.oldWays = sunset.New(o.Store, o.Clock, s.keys.Issuer(), o.Sunset)
	s.imported = imported.New(o.Store, o.Clock)
	s.access = access.New(s.keys, o.Store, s.log, o.Clock, s.published, o.Life.Access, s.imported)
	s.feed = feed.NewStreams(s.log, o.Watch, o.Log)
	s.gate = secret.NewGate(passwordPatience)
	s.limits = newLimits(o.Limits, o.Clock)
	if err := s.shareLimits(); err != nil {
		return nil, err
	}
	s.sessions = session.New(o.Store, s.keys, o.Clock, s.gate, limit.NewTable(o.Clock), o.Limits.WrongPasswords)
	if err := o.Store.FillLikenesses(ctx); err != nil {
		return nil, fmt.Errorf("start server: %w", err)
	}
	if err := s.log.Start(ctx, 2*o.Life.Access, s.access.Read, s.directory.Read, s.feed.Read); err != nil {
		return nil, fmt.Errorf("start server: %w", err)
	}
	s.calls, s.apiRows.traffic = s.limits.policyOf(web.Route{Surface: web.APISurface}, byAddress), &s.traffic
	s.mux = s.routes()
	if err := s.LoadAPIs(o.APIs); err != nil {
		return nil, fmt.Errorf("start server: %w", err)
	}
	background, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.running.Go(func() { s.log.Run(background) })
	s.running.Go(func() { s.access.Run(background) })
	s.running.Go(func() { s.keys.Run(background) })
	s.running.Go(func() { s.feed.Run(background) })
	s.running.Go(func() { uses.Keep(background, s.secrets.Flush) })
	s.running.Go(func() { s.oldWays.Run(background) })
	if s.nodes != nil {
		s.running.Go(func() { s.nodes.Run(background) })
	}
	if s.redis != nil {
		s.redis.Try(ctx)
		s.running.Go(func() { s.redis.Run(background) })
	}
	s.running.Go(func() { s.sweep(background) })
	return s, nil
}

// shareLimits keeps what this process counts in step with others.
func (s *Server) shareLimits() (err error) {
	o, key := s.options, secret.Derive(s.options.MasterKey, "launchpad limits")
	if o.LimitsRedis != "" {
		s.redis = limit.NewRedis(s.limits.table, o.LimitsRedis, key, o.RedisPatience, o.Log)
	}
	if o.Store.Shared() {
		s.nodes, err = limit.NewNodes(s.limits.table, o.Store, key, secret.NewID(o.Clock.Now()), o.Watch, o.Log)
	}
	return err
}

// ShareLimits tells other nodes what this one counts, and hears them, as is otherwise done twice a second.
func (s *Server) ShareLimits(ctx context.Context) error {
	if s.nodes == nil {
		return nil
	}
	return s.nodes.Exchange(ctx)
}

// TryRedis is the try that is otherwise made once a second while Redis does not answer.
func (s *Server) TryRedis(ctx context.Context) { s.redis.Try(ctx) }

// agentScope is the most that apps may ask for which came by themselves: the scopes of the APIs for agents.
func (s *Server) agentScope() oauth.Scope { return s.resources.AgentScope().And(s.published) }

// KeyOptions is the part of a server that its keys are made of. How long what is sealed lives is known here alone.
func KeyOptions(o Options) keys.Options {
	return keys.Options{
		Store: o.Store, Clock: o.Clock, Issuer: o.Issuer, MasterKey: o.MasterKey, Rotation: o.Rotation, Log: o.Log,
		Lives: map[keys.Ring]time.Duration{
			keys.RingAccess: o.Life.Access, keys.RingSigning: o.Life.Access, keys.RingCode: max(o.Life.Code, o.Life.ShownCode),
			keys.RingRefresh:     o.Life.RefreshIdle, // each rotation seals anew
			keys.RingInteraction: interact.Life,
			keys.RingDevice:      session.DeviceLife,
			keys.RingSite:        session.Absolute,
		},
	}
}

// Log says how well this process hears what others write.
func (s *Server) Log() *events.Log { return s.log }

// Close ends the background work; the notes of use that are waiting are written.
func (s *Server) Close() {
	s.stop()
	s.gateway.Close()
	s.running.Wait()
}

// Drain lets readyz say that no new work is wanted, and ends what would never end by itself.
func (s *Server) Drain() {
	s.draining.Store(true)
	s.feed.End()
}

// Settle does what is otherwise done a little later: it writes the notes of use, and tends the keys.
func (s *Server) Settle(ctx context.Context) error {
	return errors.Join(s.flush(ctx), s.keys.Tend(ctx))
}

func (s *Server) flush(ctx context.Context) error {
	return errors.Join(s.access.Flush(ctx), s.secrets.Flush(ctx), s.oldWays.Flush(ctx))
}

// refreshUses is flush for pages that show the last use: they show an older one rather than none.
func (s *Server) refreshUses(ctx context.Context) {
	if err := s.flush(ctx); err != nil {
		s.options.Log.Warn("write notes of use", "cause", err)
	}
}

// sweepEvery is the pause between two looks for rows that are over.
const sweepEvery = time.Minute

// sweep deletes what is over, a small batch at a time.
func (s *Server) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	var next core.ID
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if ahead := s.steady.Ahead(); ahead > 0 {
				s.options.Log.Error("the machine's clock was set back; time stands still here until it has caught up. If the clock is right now, start this process again", "ahead", ahead.String())
			}
			var err error
			if next, err = s.SweepOnce(ctx, next); err != nil {
				s.options.Log.Warn("sweep", "cause", err)
			}
			s.countSweep(next, err)
		}
	}
}

// SweepOnce takes one step of the sweep and says where to go on.
func (s *Server) SweepOnce(ctx context.Context, from core.ID) (core.ID, error) {
	horizon := store.Horizon{Now: s.options.Clock.Now(), RefreshIdle: s.options.Life.RefreshIdle, Keep: 2 * s.options.Life.Access}
	if from.Zero() {
		if err := s.options.Store.SweepRest(ctx, horizon); err != nil {
			return from, err
		}
		if err := s.options.Store.SweepStrangers(ctx, horizon.Now); err != nil {
			return from, err
		}
	}
	return s.options.Store.SweepAuthorizations(ctx, from, horizon)
}
