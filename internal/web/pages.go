package web

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"launchpad/internal/core"
	"launchpad/oauth"
)

// Problem is one field that has to be mended: the field's id in the page and the sentence's id in the catalogue.
type Problem struct {
	Field   string
	Message string
	Detail  string
}

// Form is what every page with a form has: what was typed, and what is wrong with it.
type Form struct {
	Values   map[string]string
	Lists    map[string][]string // of fields that may come several times
	Problems []Problem
}

// Value gives back what was typed.
func (f Form) Value(field string) string { return f.Values[field] }

// Refused reports whether the form came back.
func (f Form) Refused() bool { return len(f.Problems) > 0 }

// Ticked reports whether a box was ticked.
func (f Form) Ticked(field string, value fmt.Stringer) bool {
	return slices.Contains(f.Lists[field], value.String())
}

// Wrong lists the problems of one field.
func (f Form) Wrong(field string) []Problem {
	var list []Problem
	for _, p := range f.Problems {
		if p.Field == field {
			list = append(list, p)
		}
	}
	return list
}

// Notice confirms what was done, by its message and the name of what it was done to. The zero Notice says nothing.
type Notice struct{ Message, Name string }

// portalPage marks pages that have the navigation.
type portalPage struct{}

func (portalPage) Wide() {}

// SignIn asks who is there.
type SignIn struct {
	Form
	Interaction string // sealed, if an app waits
	AppName     string
	ReturnTo    string // path to go on to, if no app waits
	Origin      string // where the browser goes in the end
	Offer       bool   // of an ID, to those who have none
	Notice      Notice
}

func (SignIn) Template() string         { return "signin" }
func (p SignIn) SendsTo() string        { return p.Origin }
func (p SignIn) Title() (string, []any) { return "signin.title", nil }

// SignUpLink leads to the sign-up, and whatever waits goes along.
func (p SignIn) SignUpLink() string { return withWaiting(PathSignUp, p.Interaction, p.ReturnTo) }

// withWaiting adds to a path what the person was about to do: an app's request, or a page.
func withWaiting(path, interaction, returnTo string) string {
	q := url.Values{}
	if interaction != "" {
		q.Set("i", interaction)
	}
	if returnTo != "" {
		q.Set("return_to", returnTo)
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// SignedOut says goodbye.
type SignedOut struct {
	Deleted bool // for ever
}

func (SignedOut) Template() string       { return "signed_out" }
func (SignedOut) Title() (string, []any) { return "signed_out.title", nil }

// Setup makes the first operator.
type Setup struct {
	Form
	Token string
}

func (Setup) Template() string       { return "setup" }
func (Setup) Title() (string, []any) { return "setup.title", nil }

// ScopeChoice is a scope with a tick box.
type ScopeChoice struct {
	core.ScopeInfo
	Chosen bool
}

// Choices offers every published scope, the given ones ticked.
func Choices(catalog core.Catalog, chosen oauth.Scope) []ScopeChoice {
	list := make([]ScopeChoice, len(catalog))
	for i, info := range catalog {
		list[i] = ScopeChoice{info, chosen.Has(info.Name)}
	}
	return list
}

// Consent is the boarding pass.
type Consent struct {
	Form
	Interaction   string
	App           core.App
	Developer     string // the person's name
	RedirectHost  string
	Origin        string
	APIs          []string // that the tokens are for, by their names; none: for no API in particular
	OnThisDevice  string   // warning, by its message, if the answer goes to a program here
	LocalOnly     bool     // a stranger whose answers all go to programs here
	Sees, Changes []core.ScopeInfo
	Memberships   []core.Membership
	Reach         core.Reach // what is ticked at first
	Undecided     bool       // neither all nor some: the person said both
	RefreshDays   int
}

func (Consent) Template() string         { return "consent" }
func (p Consent) SendsTo() string        { return p.Origin }
func (p Consent) Title() (string, []any) { return "consent.title", []any{"App", p.App.Name} }

// All and Some report which of the two choices is made at first.
func (p Consent) All() bool  { return p.Reach.All && !p.Undecided }
func (p Consent) Some() bool { return !p.Reach.All && !p.Undecided }

// Chosen reports whether an account is ticked.
func (p Consent) Chosen(id core.ID) bool {
	for _, chosen := range p.Reach.Accounts {
		if chosen == id {
			return true
		}
	}
	return false
}

// WayBack tells why an app does not get what it asked for, and leaves it to the person whether to go back to it.
type WayBack struct {
	Failure
	Host, To string
}

func (WayBack) Template() string       { return "way_back" }
func (WayBack) Title() (string, []any) { return "way_back.heading", nil }

// Unreferred: its address holds what the app sent along.
func (WayBack) Unreferred() {}

// NativeCode shows a code to whoever has to copy it into an app.
type NativeCode struct {
	Code string
	Ends time.Time
}

func (NativeCode) Template() string       { return "native_code" }
func (NativeCode) Title() (string, []any) { return "native_code.title", nil }

// Unreferred: its address holds the code.
func (NativeCode) Unreferred() {}

// Apps lists the apps that a developer owns or helps to build.
type Apps struct {
	portalPage
	Apps       []core.App
	LeftBehind []core.App // whose owner has left an account that the developer runs
	Hint       string     // the account that a new app is likely to be of
	Notice     Notice
}

// NewLink leads to the form for another one.
func (p Apps) NewLink() string {
	link := "/oauth/applications/new"
	if p.Hint != "" {
		link += "?" + url.Values{AccountHint: {p.Hint}}.Encode()
	}
	return link
}

func (Apps) Template() string       { return "apps" }
func (Apps) Title() (string, []any) { return "apps.title", nil }

// AppForm registers an app or edits one.
type AppForm struct {
	portalPage
	Form
	FormID      core.ID
	Editing     *core.App
	Memberships []core.Membership
	Scopes      []ScopeChoice
}

func (AppForm) Template() string { return "app_form" }
func (p AppForm) Title() (string, []any) {
	if p.Editing != nil {
		return "app_form.title_edit", []any{"App", p.Editing.Name}
	}
	return "app_form.title_new", nil
}

// Kinds are what an app can be.
func (AppForm) Kinds() []core.KindRules { return core.Kinds }

// AsksRedirects reports whether the app could have redirect URIs: one of a kind that is still open could.
func (p AppForm) AsksRedirects() bool {
	return p.Editing == nil || p.Editing.Kind.Rules().SignsPeopleIn()
}

// Chose reports whether a kind is chosen; the first one is until somebody says otherwise.
func (p AppForm) Chose(kind core.AppKind) bool {
	if chosen := core.AppKind(p.Value("kind")); chosen.Known() {
		return kind == chosen
	}
	return kind == core.Kinds[0].Kind
}

// AppCreated shows the secret, once.
type AppCreated struct {
	portalPage
	App    core.App
	Secret string
	Issuer string
}

func (AppCreated) Template() string         { return "app_created" }
func (p AppCreated) Title() (string, []any) { return "app_created.title", []any{"App", p.App.Name} }

// App is an app's own page.
type App struct {
	portalPage
	Form
	FormID      core.ID
	App         core.App
	Owner       bool // the visitor owns it
	Team        []Builder
	Candidates  []core.Identity // who could join the team
	Tokens      []core.PersonalToken
	Memberships []core.Membership
	Scopes      []ScopeChoice
	OldWays     []OldWay // that it went lately
	Issuer      string
	API         string // an address to try a token on
	Notice      Notice
}

// Ending is the old way that ends first of those that the app goes; nil: no day is set for any.
func (p App) Ending() *OldWay { return EarliestEnd(p.OldWays) }

func (App) Template() string         { return "app" }
func (p App) Title() (string, []any) { return "app.title", []any{"App", p.App.Name} }

// Profiles are what an operator can choose.
func (App) Profiles() []core.ProfileRules { return core.Profiles }

// Builder is somebody on the team of an app.
type Builder struct {
	core.Identity
	Owner bool
}

// SecretsFull reports whether there is no room for another secret.
func (p App) SecretsFull() bool { return len(p.App.Secrets) >= core.MaxSecrets }

// Narrowed reports whether the form for a token says more than a name; what it says must not be folded away.
func (p App) Narrowed() bool { return len(p.Lists["scope"])+len(p.Lists["account"]) > 0 }

// TokenDays is how long a token lives unless the person says something else.
const TokenDays = 90

// Lives are the lives of a token to choose from, in days; 0 is without end.
func (App) Lives() []int { return []int{30, TokenDays, 365, 0} }

// Life is the one that is chosen.
func (p App) Life() int { return chosenDays(p.Value("life"), p.Lives(), TokenDays) }

func chosenDays(value string, among []int, usual int) int {
	if days, err := strconv.Atoi(value); err == nil && slices.Contains(among, days) {
		return days
	}
	return usual
}

// TokenCreated shows a personal token, once.
type TokenCreated struct {
	portalPage
	App   core.App
	Token core.PersonalToken
	Value string
	API   string
}

func (TokenCreated) Template() string { return "token_created" }
func (p TokenCreated) Title() (string, []any) {
	return "token_created.title", []any{"Token", p.Token.Name}
}

// SecretCreated shows an app's new secret, once.
type SecretCreated struct {
	portalPage
	App    core.App
	Secret core.AppSecret
	Value  string
	Issuer string
}

func (SecretCreated) Template() string { return "secret_created" }
func (p SecretCreated) Title() (string, []any) {
	return "secret_created.title", []any{"App", p.App.Name}
}

// EndSecret asks once more.
type EndSecret struct {
	portalPage
	Form
	App           core.App
	Secret, Other core.AppSecret
}

func (EndSecret) Template() string         { return "secret_end" }
func (p EndSecret) Title() (string, []any) { return "secret_end.title", []any{"App", p.App.Name} }

// InUse reports whether it looks as if something still used the secret: it was seen later than the other one.
func (p EndSecret) InUse() bool { return p.Secret.LastUsedAt.After(p.Other.LastUsedAt) }

// HandOverApp asks once more.
type HandOverApp struct {
	portalPage
	Form
	App core.App
	To  Builder
}

func (HandOverApp) Template() string         { return "app_hand_over" }
func (p HandOverApp) Title() (string, []any) { return "app_hand_over.title", []any{"App", p.App.Name} }

// DeleteApp asks once more.
type DeleteApp struct {
	portalPage
	Form
	App core.App
}

func (DeleteApp) Template() string         { return "app_delete" }
func (p DeleteApp) Title() (string, []any) { return "app_delete.title", []any{"App", p.App.Name} }

// Accounts lists a person's accounts.
type Accounts struct {
	portalPage
	Form
	FormID      core.ID
	Memberships []core.Membership
	MayCreate   bool
	Notice      Notice
}

func (Accounts) Template() string       { return "accounts" }
func (Accounts) Title() (string, []any) { return "accounts.title", nil }

// PathConnected is where people take access back; other pages lead there.
const PathConnected = "/oauth/authorized_applications"

// Connected lists the apps that a person let in.
type Connected struct {
	portalPage
	Apps   []ConnectedApp
	Notice Notice
}

// ConnectedApp is one of them, and what it may do.
type ConnectedApp struct {
	App           core.App
	Grant         core.Grant
	APIs          []ConnectedAPI // that the consent page named
	Sees, Changes []core.ScopeInfo
	Accounts      []string // names of the chosen ones
}

// ConnectedAPI is an API that an app was let in to.
type ConnectedAPI struct {
	Name   string // its identifier, if it is not here any more
	Closed bool   // to the app, at present
}

func (Connected) Template() string       { return "connected" }
func (Connected) Title() (string, []any) { return "connected.title", nil }

// Path is where the forms of the page go.
func (Connected) Path() string { return PathConnected }

// Manual is a page of the documentation.
type Manual struct {
	Heading string
	Within  bool // it explains one error, and leads back to all of them
	Body    any  // template.HTML
}

func (Manual) Template() string         { return "manual" }
func (p Manual) Title() (string, []any) { return "manual.title", []any{"Heading", p.Heading} }
