package lptest

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"launchpad/internal/apps"
	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/fetch"
	"launchpad/internal/gateway"
	"launchpad/internal/keys"
	"launchpad/internal/protect"
	"launchpad/internal/sample"
	"launchpad/internal/secret"
	"launchpad/internal/server"
	"launchpad/internal/signin"
	"launchpad/internal/store"
	"launchpad/internal/web"
)

// Server is a running Launchpad with two accounts, a person in both, and an app of each kind.
type Server struct {
	URL    string
	API    string // the sample call
	Clock  *Clock
	Watch  *Stopwatch
	Store  *store.Store
	Log    *Log
	Person core.Identity // member of both accounts, developer, operator
	First  core.Account
	Second core.Account

	Web, Public, Machine App

	t      testing.TB
	engine Engine
	dsn    string
	acts   *apps.Acts
	http   *httptest.Server
	server *server.Server
	made   server.Options
	o      options
	issuer string
	broken bool
}

// App is a registered app with its secret.
type App struct {
	core.App
	Secret string
}

// Redirect is where the apps' answers go; nobody listens there.
const Redirect = "https://app.example/callback"

// LoopbackRedirect is the public app's second redirect URI.
const LoopbackRedirect = "http://127.0.0.1/callback"

// Password of everybody.
const Password = "correct horse battery staple"

type options struct {
	window   time.Duration
	life     time.Duration // of access tokens
	setup    *signin.SetupLink
	upstream gateway.Upstream
	signUp   core.SignUp
	creators core.Creators
	proxies  web.Proxies
	asking   web.Proxies
	guarded  []protect.API
	limits   config.Limits
	limitsOf config.APILimits // the API's own
	redis    string           // which counts
	sunset   map[core.OldWay]time.Time
	hosts    bool // of accounts
	api      func(*gateway.API)
	issuer   string
	agents   core.Registrars
	fetch    fetch.Options
	apis     func(issuer string) []gateway.API
	catalog  core.Catalog
}

// defaults: limits are set high, because the clock stands still and no window ends.
func defaults() options {
	return options{window: server.DefaultRefreshWindow, upstream: gateway.Local(sample.API()), limits: config.Unlimited(), catalog: Catalog}
}

// Option changes a server before it starts.
type Option func(*options)

// WithRefreshWindow sets the grace of refresh tokens.
func WithRefreshWindow(d time.Duration) Option { return func(o *options) { o.window = d } }

// WithSignUp sets who may make an ID. Without it nobody may.
func WithSignUp(who core.SignUp) Option { return func(o *options) { o.signUp = who } }

// WithCreators sets who may open accounts. Without it operators may.
func WithCreators(who core.Creators) Option { return func(o *options) { o.creators = who } }

// WithLimits sets how many requests may come.
func WithLimits(l config.Limits) Option { return func(o *options) { o.limits = l } }

// WithAPILimits sets the API's own limits.
func WithAPILimits(l config.APILimits) Option { return func(o *options) { o.limitsOf = l } }

// WithRedis lets a Redis count.
func WithRedis(r *Redis) Option { return func(o *options) { o.redis = r.URL } }

// WithSunset sets from when on old ways are refused.
func WithSunset(ends map[core.OldWay]time.Time) Option { return func(o *options) { o.sunset = ends } }

// WithAccountHosts gives every account a host of its own; see AccountHost.
func WithAccountHosts() Option { return func(o *options) { o.hosts = true } }

// WithIssuer lets the server be known by another address than its own, as behind a proxy.
func WithIssuer(issuer string) Option { return func(o *options) { o.issuer = issuer } }

// WithAgents lets apps come by themselves, and ask for every scope; it says how documents are fetched, by the server's clock.
func WithAgents(documents fetch.Options) Option {
	return func(o *options) { o.agents, o.fetch = core.RegistrarsAnybody, documents }
}

// BehindProxy lets tests send from any address, by X-Forwarded-For.
func BehindProxy() Option {
	return func(o *options) { o.proxies = web.Proxies{netip.MustParsePrefix("127.0.0.0/8")} }
}

// Guarding puts APIs behind a proxy that asks, on this computer.
func Guarding(apis ...protect.API) Option {
	return func(o *options) {
		o.guarded, o.asking = apis, web.Proxies{netip.MustParsePrefix("127.0.0.0/8")}
	}
}

// AskedBy names the proxies that may ask.
func AskedBy(network string) Option {
	return func(o *options) { o.asking = web.Proxies{netip.MustParsePrefix(network)} }
}

// WithUpstream puts another API behind the gateway, at an address of its own; nil is one that is away.
func WithUpstream(t testing.TB, api http.Handler) Option {
	upstream := httptest.NewServer(api)
	t.Cleanup(upstream.Close)
	if api == nil {
		upstream.Close()
	}
	target, err := url.Parse(upstream.URL)
	if err != nil {
		t.Fatal(err)
	}
	return func(o *options) { o.upstream = gateway.Proxy(target) }
}

// WithLocalAPI puts another API into the server's own process.
func WithLocalAPI(api http.Handler) Option {
	return func(o *options) { o.upstream = gateway.Local(api) }
}

// WithAPI changes the sample API.
func WithAPI(change func(*gateway.API)) Option { return func(o *options) { o.api = change } }

// Catalog is the scopes of the sample API.
var Catalog = core.Catalog{
	{Name: "dashboards:read", Words: "Your dashboards"},
	{Name: "dashboards:write", Words: "Add and edit dashboards", Changes: true},
}

// WithAPIs adds protected APIs, which are told the issuer, and the scopes that they need.
func WithAPIs(apis func(issuer string) []gateway.API, scopes ...core.ScopeInfo) Option {
	return func(o *options) { o.apis, o.catalog = apis, slices.Concat(Catalog, scopes) }
}

// EachServer runs a test against a new server on every engine.
func EachServer(t *testing.T, test func(t *testing.T, s *Server), with ...Option) {
	t.Helper()
	EachEngine(t, func(t *testing.T, e Engine) { test(t, Start(t, e, with...)) })
}

// Start starts a server that ends with the test.
func Start(t testing.TB, e Engine, with ...Option) *Server {
	t.Helper()
	s := &Server{Clock: NewClock(), Log: &Log{}, t: t, engine: e, dsn: e.Migrated(t), o: defaults()}
	for _, option := range with {
		option(&s.o)
	}
	s.open()
	t.Cleanup(s.close)
	s.seed()
	return s
}

// StartEmpty starts a server on its first start and gives the path of the one-time link.
func StartEmpty(t testing.TB, e Engine, with ...Option) (*Server, string) {
	t.Helper()
	setup, token := signin.NewSetupLink()
	s := &Server{Clock: NewClock(), Log: &Log{}, t: t, engine: e, dsn: e.Migrated(t), o: defaults()}
	for _, option := range with {
		option(&s.o)
	}
	s.o.setup = setup
	s.open()
	t.Cleanup(s.close)
	return s, "/setup?token=" + token.Reveal()
}

// MasterKey of all test servers.
const MasterKey = "a-master-key-for-tests-32-bytes!"

func (s *Server) open() {
	ctx := context.Background()
	var err error
	s.Watch = &Stopwatch{}
	if s.Store, err = store.Open(ctx, s.dsn, s.Clock); err != nil {
		s.t.Fatalf("open store: %v", err)
	}
	if s.http == nil {
		s.http = httptest.NewUnstartedServer(nil)
		s.http.Config.MaxHeaderBytes = 32 << 10
		s.http.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelDebug)
		s.http.Start()
		s.URL = s.http.URL
		s.API = s.URL + "/v3/dashboards"
		if s.issuer == "" {
			s.issuer = cmp.Or(s.o.issuer, s.URL)
		}
	}
	life := server.DefaultLife
	if s.o.life > 0 {
		life.Access = s.o.life
	}
	s.o.fetch.Clock = s.Clock
	s.made = server.Options{
		Issuer: s.issuer, Name: "Launchpad", Store: s.Store, Clock: s.Clock, Watch: s.Watch, MasterKey: []byte(MasterKey),
		Life: life, RefreshWindow: s.o.window, Catalog: s.o.catalog,
		APIs:   []gateway.API{s.SampleAPI()},
		Sunset: s.o.sunset, Setup: s.o.setup, SignUp: s.o.signUp, Creators: s.o.creators, Proxies: s.o.proxies, Asking: s.o.asking, Limits: s.o.limits,
		Registration: s.o.agents, Fetch: fetch.New(s.o.fetch),
		LimitsRedis: s.o.redis, RedisPatience: 10 * time.Second,
		Log: s.Log.journal().Logger(), Lines: s.Log.journal(),
	}
	if s.o.agents == core.RegistrarsAnybody {
		s.made.APIs = append(s.made.APIs, s.AgentAPI())
	}
	for _, api := range s.o.guarded {
		s.made.APIs = append(s.made.APIs, gateway.API{API: api})
	}
	if s.o.apis != nil {
		s.made.APIs = append(s.made.APIs, s.o.apis(s.issuer)...)
	}
	s.made.Rotation = keys.DefaultRotation
	if s.o.hosts {
		s.made.AccountHosts, err = core.ParseAccountHosts("http://"+s.AccountHost("{account}"), s.issuer, []string{s.AccountHost("api")})
		s.must(err)
	}
	s.server, err = server.New(ctx, s.made)
	if err != nil {
		s.t.Fatalf("start server: %v", err)
	}
	s.http.Config.Handler = s.server
	s.acts = apps.NewActs(s.Store, s.Clock, s.o.catalog.Published())
}

// AgentCalls is a call of the API for agents that there is WithAgents, below the server's address.
const AgentCalls = "/agents/dashboards"

func (s *Server) AgentAPI() gateway.API {
	return gateway.API{
		API: protect.API{Name: "Sample agents", Prefix: "/agents/", Resource: s.issuer + "/agents", Agents: true, Routes: []protect.Route{
			{Method: "GET", Path: AgentCalls, Scope: "dashboards:read"}, {Method: "POST", Path: AgentCalls, Scope: "dashboards:write"},
		}},
		Upstream: gateway.Local(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.URL.Path = "/v3/dashboards"
			sample.API().ServeHTTP(w, r)
		})),
	}
}

// SampleAPI is what the server protects.
func (s *Server) SampleAPI() gateway.API {
	api := gateway.API{
		API: protect.API{Prefix: "/v3/", QueryTokens: true, Routes: []protect.Route{
			{Method: "GET", Path: "/v3/dashboards", Scope: "dashboards:read"},
			{Method: "POST", Path: "/v3/dashboards", Scope: "dashboards:write"},
			{Method: "GET", Path: "/v3/accounts/{account}/dashboards", Scope: "dashboards:read"},
		}, Limits: s.o.limitsOf},
		Upstream: s.o.upstream,
	}
	if s.o.api != nil {
		s.o.api(&api)
	}
	return api
}

// LoadAPIs replaces the APIs of the running server.
func (s *Server) LoadAPIs(apis ...gateway.API) error { return s.server.LoadAPIs(apis) }

func (s *Server) close() {
	s.http.Close()
	s.server.Close()
	if s.broken {
		return
	}
	if err := s.Store.Close(); err != nil {
		s.t.Errorf("close store: %v", err)
	}
}

// Restart ends the server and starts it again on the same database and address.
func (s *Server) Restart() {
	s.t.Helper()
	s.server.Close()
	if err := s.Store.Close(); err != nil {
		s.t.Fatalf("close store: %v", err)
	}
	s.open()
}

// RestartWithAccessLife is Restart with another life of access tokens.
func (s *Server) RestartWithAccessLife(life time.Duration) {
	s.t.Helper()
	s.o.life = life
	s.Restart()
}

// RestartWithSunset is Restart with other days on which old ways end.
func (s *Server) RestartWithSunset(ends map[core.OldWay]time.Time) {
	s.t.Helper()
	s.o.sunset = ends
	s.Restart()
}

// SecondNode starts another process's worth of the same Launchpad: same database, same issuer, an address of its
// own. PostgreSQL only: an embedded database has one process.
func (s *Server) SecondNode() *Server {
	s.t.Helper()
	return s.SecondNodeAhead(0)
}

// SecondNodeAhead is SecondNode, of a machine whose clock differs.
func (s *Server) SecondNodeAhead(by time.Duration) *Server {
	s.t.Helper()
	second := *s
	second.Clock = s.Clock.Ahead(by)
	second.http, second.issuer = nil, s.URL
	second.open()
	s.t.Cleanup(second.close)
	return &second
}

// DSN is the address of the database.
func (s *Server) DSN() string { return s.dsn }

// CatchUp lets the server hear everything that other nodes have committed by now.
func (s *Server) CatchUp() {
	s.t.Helper()
	// A look that was under way may have begun too early; whichever comes after it did not.
	s.must(s.server.Log().Look(context.Background()))
	s.must(s.server.Log().Look(context.Background()))
}

// Deafen ends the server's background work: it hears what other nodes do only when it is made to.
func (s *Server) Deafen() { s.server.Close() }

// ShareLimits lets the server tell other nodes what it counts, and hear them.
func (s *Server) ShareLimits() {
	s.t.Helper()
	s.must(s.server.ShareLimits(context.Background()))
}

// AccountHost is the Host of an account, with which requests are sent to the server's own address.
func (s *Server) AccountHost(slug string) string {
	_, port, _ := strings.Cut(strings.TrimPrefix(s.issuer, "http://"), ":")
	return slug + ".localhost:" + port
}

// Operator opens the keys beside the running server, as the command line does: over a connection of its own.
func (s *Server) Operator() *keys.Keys {
	s.t.Helper()
	beside, err := store.Open(context.Background(), s.dsn, s.Clock)
	s.must(err)
	s.t.Cleanup(func() { beside.Close() })
	o := server.KeyOptions(s.made)
	o.Store = beside
	k, err := keys.Open(context.Background(), o)
	s.must(err)
	return k
}

// BreakStore takes the database away under the running server.
func (s *Server) BreakStore() {
	s.t.Helper()
	s.must(s.Store.Close())
	s.broken = true
}

// Hurried is a second address of the server, at which answers must be taken within write of their requests.
func (s *Server) Hurried(write time.Duration) (url string) {
	second := httptest.NewUnstartedServer(s.server)
	second.Config.WriteTimeout = write
	second.Config.ErrorLog = s.http.Config.ErrorLog
	second.Start()
	s.t.Cleanup(second.Close)
	return second.URL
}

// Routes lists every route of the house.
func (s *Server) Routes() []web.Route { return s.server.Routes() }

// Metrics is what Prometheus would be told.
func (s *Server) Metrics() string {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.server.Metrics().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", http.NoBody))
	if w.Code != http.StatusOK {
		s.t.Fatalf("metrics: %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// Vanish takes the server off its address.
func (s *Server) Vanish() {
	s.http.CloseClientConnections()
	s.must(s.http.Listener.Close())
}

// Drain asks the server for no new work.
func (s *Server) Drain() { s.server.Drain() }

// Database names the engine and the address of the server's database.
func (s *Server) Database() (engine, dsn string) { return s.engine.Name, s.dsn }

// Settle writes what is otherwise written a little later.
func (s *Server) Settle() {
	s.t.Helper()
	s.must(s.server.Settle(context.Background()))
}

func (s *Server) seed() {
	s.Person = s.NewPerson("sam@example.com", true)
	s.First = s.account("sample-bakery", "Sample Bakery")
	s.Second = s.account("sample-cinema", "Sample Cinema")
	s.Web = s.NewApp("Sample Reports", core.KindWeb, Redirect)
	s.Public = s.NewApp("Sample Desktop", core.KindNative, Redirect, LoopbackRedirect)
	s.Machine = s.NewApp("Sample Robot", core.KindMachine)
	s.Machine.App = s.Switch(s.Machine, apps.Switches{ClientCredentials: true})
}

// hash is made once: hashing is slow on purpose.
var hash = func() string {
	h, err := secret.NewGate(time.Minute).HashPassword(context.Background(), Password)
	if err != nil {
		panic(err)
	}
	return h
}()

// NewPerson adds an identity.
func (s *Server) NewPerson(email string, operator bool) core.Identity {
	s.t.Helper()
	now := s.Clock.Now()
	i := core.Identity{ID: secret.NewID(now), Email: email, Name: "Sam Sample", PasswordHash: hash, Operator: operator, CreatedAt: now}
	s.must(s.Store.CreateIdentity(context.Background(), i))
	return i
}

func (s *Server) account(slug, name string) core.Account {
	now := s.Clock.Now()
	a := core.Account{ID: secret.NewID(now), Slug: slug, Name: name, CreatedAt: now}
	s.must(s.Store.CreateAccount(context.Background(), a, s.Person.ID))
	return a
}

// LeaveAccount takes the person out of an account, which somebody else owns from then on.
func (s *Server) LeaveAccount(account core.Account) {
	s.t.Helper()
	ctx, now := context.Background(), s.Clock.Now()
	s.must(s.Store.AddMember(ctx, s.NewPerson("next-owner-of-"+account.Slug+"@example.com", false).ID, account.ID, core.RoleOwner, s.Person.ID, now))
	s.must(s.Store.RemoveMember(ctx, core.Membership{IdentityID: s.Person.ID, Account: account, Role: core.RoleOwner}, core.Member{Identity: s.Person, Role: core.RoleOwner}, now))
}

// NewApp registers an app of the person's.
func (s *Server) NewApp(name string, kind core.AppKind, redirects ...string) App {
	s.t.Helper()
	app, shown, err := s.acts.Register(context.Background(), s.Person, apps.Draft{Name: name, Kind: kind, PublisherID: s.First.ID, RedirectURIs: redirects})
	s.must(err)
	app.Publisher = s.First
	return App{app, shown.Reveal()}
}

// Switch sets an operator's switches.
func (s *Server) Switch(app App, switches apps.Switches) core.App {
	s.t.Helper()
	changed, err := s.acts.Switch(context.Background(), s.Person, app.App, switches)
	s.must(err)
	return changed
}

// Acts on apps, as the portal has them.
func (s *Server) Acts() *apps.Acts { return s.acts }

func (s *Server) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}
