package web

import (
	"strings"
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
	Problems []Problem
}

// Value gives back what was typed.
func (f Form) Value(field string) string { return f.Values[field] }

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
}

func (SignIn) Template() string         { return "signin" }
func (p SignIn) SendsTo() string        { return p.Origin }
func (p SignIn) Title() (string, []any) { return "signin.title", nil }

// SignedOut says goodbye.
type SignedOut struct{}

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
	OnThisDevice  bool // the answer goes to a program on this computer
	Sees, Changes []core.ScopeInfo
	Memberships   []core.Membership
	Reach         core.Reach // what is ticked at first
	RefreshDays   int
}

func (Consent) Template() string         { return "consent" }
func (p Consent) SendsTo() string        { return p.Origin }
func (p Consent) Title() (string, []any) { return "consent.title", []any{"App", p.App.Name} }

// Chosen reports whether an account is ticked.
func (p Consent) Chosen(id core.ID) bool {
	for _, chosen := range p.Reach.Accounts {
		if chosen == id {
			return true
		}
	}
	return false
}

// Apps lists a developer's apps.
type Apps struct {
	portalPage
	Apps   []core.App
	Notice string
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
	Tokens      []core.PersonalToken
	Memberships []core.Membership
	Scopes      []ScopeChoice
	Issuer      string
	API         string // an address to try a token on
	Notice      string
}

func (App) Template() string         { return "app" }
func (p App) Title() (string, []any) { return "app.title", []any{"App", p.App.Name} }

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

// DeleteApp asks once more.
type DeleteApp struct {
	portalPage
	Form
	App    core.App
	Tokens int
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
	Notice      string
}

func (Accounts) Template() string       { return "accounts" }
func (Accounts) Title() (string, []any) { return "accounts.title", nil }

// PathConnected is where people take access back; other pages lead there.
const PathConnected = "/oauth/authorized_applications"

// Connected lists the apps that a person let in.
type Connected struct {
	portalPage
	Apps   []ConnectedApp
	Notice string
}

// ConnectedApp is one of them, and what it may do.
type ConnectedApp struct {
	App           core.App
	Grant         core.Grant
	Sees, Changes []core.ScopeInfo
	Accounts      []string // names of the chosen ones
}

func (Connected) Template() string       { return "connected" }
func (Connected) Title() (string, []any) { return "connected.title", nil }

// Path is where the forms of the page go.
func (Connected) Path() string { return PathConnected }

// Failure is an error for a person to read.
type Failure struct {
	Error *oauth.Error
	Trace string
	At    time.Time
}

func (Failure) Template() string { return "failure" }
func (p Failure) Title() (string, []any) {
	if p.Error.Status >= 500 {
		return "failure.title_ours", nil
	}
	return "failure.title", nil
}

// Part is a piece of a text that may differ from the text beside it.
type Part struct {
	Text    string
	Differs bool
}

// Received is what arrived, its difference marked.
func (p Failure) Received() []Part { return marked(p.Error.Received, p.Error.Expected) }

// Expected is what should have arrived, likewise.
func (p Failure) Expected() []Part { return marked(p.Error.Expected, p.Error.Received) }

// marked tells the middle that differs from what both texts begin and end with.
func marked(text, other string) []Part {
	begin := 0
	for begin < min(len(text), len(other)) && text[begin] == other[begin] {
		begin++
	}
	end := 0
	for end < min(len(text), len(other))-begin && text[len(text)-1-end] == other[len(other)-1-end] {
		end++
	}
	return []Part{{text[:begin], false}, {text[begin : len(text)-end], begin > 0}, {text[len(text)-end:], false}}
}

// Manual is a page of the documentation.
type Manual struct {
	Heading string
	Body    any // template.HTML
}

func (Manual) Template() string         { return "manual" }
func (p Manual) Title() (string, []any) { return "manual.title", []any{"Heading", p.Heading} }

// Sentence is the description as a sentence.
func (p Failure) Sentence() string {
	d := p.Error.Description
	if d == "" {
		return ""
	}
	return strings.ToUpper(d[:1]) + d[1:] + "."
}
