package web

import (
	"launchpad/internal/core"
)

// Paths that several rooms lead to.
const (
	PathSignIn  = "/signin"
	PathSignUp  = "/signup"
	PathAccount = "/account" // of the person, not of a company
	PathCodes   = "/people/invitations"
)

// GoOn is the way back to the host of another site that wanted to know who is there.
type GoOn struct{ Host, To string }

func (GoOn) Template() string       { return "go_on" }
func (GoOn) Title() (string, []any) { return "go_on.title", nil }

// Unreferred: the address holds what the other host is to learn once.
func (GoOn) Unreferred() {}

// SignUp makes an ID.
type SignUp struct {
	Form
	Interaction string // sealed, if an app waits
	AppName     string
	ReturnTo    string          // path to go on to, if no app waits
	Code        string          // of a good invitation, which goes along
	Invitation  core.Invitation // what the code is
	ByCode      bool            // nobody gets in without one
	OwnAccount  bool            // one may be opened along with the ID
}

func (SignUp) Template() string       { return "signup" }
func (SignUp) Title() (string, []any) { return "signup.title", nil }

// SignInLink leads those who have an ID to the sign-in.
func (p SignUp) SignInLink() string { return withWaiting(PathSignIn, p.Interaction, p.ReturnTo) }

// AskCode reports whether the page has a field for the code.
func (p SignUp) AskCode() bool { return p.Code == "" && (p.ByCode || len(p.Wrong("code")) > 0) }

// AfterSignUp is where a newcomer goes, and whoever had an ID already.
func AfterSignUp(interaction, returnTo string) string {
	address := withWaiting(PathSignIn, interaction, returnTo)
	if address == PathSignIn {
		return address + "?signed_up"
	}
	return address + "&signed_up"
}

// SignUpCodes lists an operator's codes that are out, and makes new ones.
type SignUpCodes struct {
	portalPage
	Form
	FormID core.ID
	Mode   core.SignUp
	Open   []core.Invitation
	Notice Notice
}

func (SignUpCodes) Template() string       { return "signup_codes" }
func (SignUpCodes) Title() (string, []any) { return "codes.title", nil }

// CodeDays is how long a code is good unless the operator says something else.
const CodeDays = 7

// Lives are the lives of a code to choose from, in days.
func (SignUpCodes) Lives() []int { return []int{1, CodeDays, 30} }

// Life is the one that is chosen.
func (p SignUpCodes) Life() int { return chosenDays(p.Value("life"), p.Lives(), CodeDays) }

// SignUpCodeMade shows a code, once.
type SignUpCodeMade struct {
	portalPage
	Invitation core.Invitation
	Code, Link string
}

func (SignUpCodeMade) Template() string       { return "signup_code_made" }
func (SignUpCodeMade) Title() (string, []any) { return "codes.made_title", nil }

// MyID is the first page about oneself.
type MyID struct {
	portalPage
	Form
	Sessions int
	Notice   Notice
}

func (MyID) Template() string       { return "my_id" }
func (MyID) Title() (string, []any) { return "my_id.title", nil }

// Password changes it.
type Password struct {
	portalPage
	Form
}

func (Password) Template() string       { return "my_password" }
func (Password) Title() (string, []any) { return "password.title", nil }

// Sessions lists where somebody is signed in.
type Sessions struct {
	portalPage
	Sessions []core.Session
	Notice   Notice
}

func (Sessions) Template() string       { return "my_sessions" }
func (Sessions) Title() (string, []any) { return "sessions.title", nil }

// MyData is what we hold about somebody.
type MyData struct {
	portalPage
	Memberships []core.Membership
	Sessions    []core.Session
	Connected   []ConnectedApp
	Apps        []core.App
	Tokens      []core.PersonalToken
	Invitations []core.Invitation
	Events      []core.Event
	More        bool // lines of the log than are shown
}

func (MyData) Template() string       { return "my_data" }
func (MyData) Title() (string, []any) { return "data.title", nil }

// DeleteID asks once more, or says what is in the way.
type DeleteID struct {
	portalPage
	Form
	Allowed      bool
	LastOperator bool
	Apps         []core.App
	Leaderless   []core.Account
	Closing      []core.Account
	Leaving      []core.Account
}

func (DeleteID) Template() string       { return "my_id_delete" }
func (DeleteID) Title() (string, []any) { return "id_delete.title", nil }
