package web

import (
	"time"

	"launchpad/internal/core"
)

// Account is an account's own page, as far as the reader's role goes.
type Account struct {
	portalPage
	Membership  core.Membership // the reader's
	Members     []AccountMember
	MayInvite   bool
	Invitations []OpenInvitation
	Apps        []AccountApp
	Notice      Notice
}

// AccountMember is one of its members.
type AccountMember struct {
	core.Member
	May bool // the reader may change something about them
	You bool
}

// OpenInvitation is one that was not answered yet.
type OpenInvitation struct {
	core.Invitation
	By  string // the inviter's name
	May bool   // the reader may withdraw it
}

// AccountApp is an app registered in its name.
type AccountApp struct {
	core.App
	May bool // the reader may open it
}

func (Account) Template() string { return "account" }
func (p Account) Title() (string, []any) {
	return "account.title", []any{"Account", p.Membership.Account.Name}
}

// AccountSettings is where an account is renamed, left, handed over and closed.
type AccountSettings struct {
	portalPage
	Form
	Membership                      core.Membership
	MayRename, MayAppoint, MayClose bool
}

func (AccountSettings) Template() string { return "account_settings" }
func (p AccountSettings) Title() (string, []any) {
	return "account_settings.title", []any{"Account", p.Membership.Account.Name}
}

// Member is somebody in an account.
type Member struct {
	portalPage
	Form
	Account   core.Account
	Member    core.Member
	You       bool
	Roles     []core.Role // that the reader may give them; none: may not change it
	MayRemove bool
}

func (Member) Template() string { return "account_member" }
func (p Member) Title() (string, []any) {
	return "member.title", []any{"Member", p.Member.Identity.Name}
}

// Invite asks whom to invite.
type Invite struct {
	portalPage
	Form
	FormID  core.ID
	Account core.Account
	Roles   []core.Role
}

func (Invite) Template() string         { return "invite" }
func (p Invite) Title() (string, []any) { return "invite.title", []any{"Account", p.Account.Name} }

// Invited shows the link of an invitation, once.
type Invited struct {
	portalPage
	Account    core.Account
	Invitation core.Invitation
	Link       string
}

func (Invited) Template() string         { return "invited" }
func (p Invited) Title() (string, []any) { return "invited.title", []any{"Email", p.Invitation.Email} }

// Invitation is the page behind the link. It does not tell whose address it is for.
type Invitation struct {
	Account   core.Account
	Role      core.Role
	By        string // the inviter's name
	ExpiresAt time.Time
	Code      string
	Return    string // the path of this page
	ForYou    bool
	Full      bool // no seat is free
}

func (Invitation) Template() string { return "invitation" }
func (p Invitation) Title() (string, []any) {
	return "invitation.title", []any{"Account", p.Account.Name}
}

// LeaveAccount asks once more.
type LeaveAccount struct {
	portalPage
	Account   core.Account
	LastOwner bool // and so cannot leave
}

func (LeaveAccount) Template() string { return "account_leave" }
func (p LeaveAccount) Title() (string, []any) {
	return "leave.title", []any{"Account", p.Account.Name}
}

// HandOver asks who is to be the owner.
type HandOver struct {
	portalPage
	Form
	Account core.Account
	Members []core.Member // the others
}

func (HandOver) Template() string { return "account_hand_over" }
func (p HandOver) Title() (string, []any) {
	return "hand_over.title", []any{"Account", p.Account.Name}
}

// CloseAccount asks once more.
type CloseAccount struct {
	portalPage
	Form
	Account      core.Account
	Others, Apps int
}

func (CloseAccount) Template() string { return "account_close" }
func (p CloseAccount) Title() (string, []any) {
	return "close.title", []any{"Account", p.Account.Name}
}

// ClosedAccount is all that is left to see of a closed account.
type ClosedAccount struct {
	portalPage
	Account   core.Account
	MayReopen bool
}

func (ClosedAccount) Template() string { return "account_closed" }
func (p ClosedAccount) Title() (string, []any) {
	return "closed.title", []any{"Account", p.Account.Name}
}
