package policy

import (
	"slices"

	"launchpad/internal/core"
)

// Standing is what somebody is to an app. All but strangers belong to the account that publishes it: whoever leaves the
// account loses what he was.
type Standing string

const (
	AppOwner   Standing = "owner"
	TeamMember Standing = "team member"
	// Heir is whoever may take members out of the account, if the owner has left it: the app is what was left behind.
	Heir Standing = "heir"
)

// AppAct is something that can be done with an app.
type AppAct string

const (
	SeeApp            AppAct = "see the app"
	EditApp           AppAct = "edit it"
	RotateSecrets     AppAct = "add and end secrets"
	MakeTokens        AppAct = "make personal tokens from its page"
	AuthorizeUnproved AppAct = "authorize it while it is in development"
	LeaveTeam         AppAct = "leave its team"
	ManageTeam        AppAct = "choose its team"
	HandAppOver       AppAct = "hand it over"
	DeleteApp         AppAct = "delete it"
	TakeAppOver       AppAct = "take it over"
)

// mayOnApp is the whole table: who may do what with an app.
var mayOnApp = map[AppAct][]Standing{
	SeeApp:            {AppOwner, TeamMember},
	EditApp:           {AppOwner, TeamMember},
	RotateSecrets:     {AppOwner, TeamMember},
	MakeTokens:        {AppOwner, TeamMember},
	AuthorizeUnproved: {AppOwner, TeamMember},
	LeaveTeam:         {TeamMember},
	ManageTeam:        {AppOwner},
	HandAppOver:       {AppOwner},
	DeleteApp:         {AppOwner},
	TakeAppOver:       {Heir},
}

// MayOnApp reports whether an identity with these memberships may do something with an app. An unknown act is no.
func MayOnApp(act AppAct, app core.App, identity core.ID, memberships []core.Membership) bool {
	for _, standing := range standings(app, identity, memberships) {
		if slices.Contains(mayOnApp[act], standing) {
			return true
		}
	}
	return false
}

// OwnersOnly reports whether an act is the owner's alone, so that the team can be told whom to ask.
func OwnersOnly(act AppAct) bool { return slices.Equal(mayOnApp[act], []Standing{AppOwner}) }

// standings are more than one for an admin on the team of an app whose owner has left.
func standings(app core.App, identity core.ID, memberships []core.Membership) (list []Standing) {
	i := slices.IndexFunc(memberships, func(m core.Membership) bool {
		return m.IdentityID == identity && m.Account.ID == app.Publisher.ID
	})
	if i < 0 {
		return nil
	}
	if app.OwnerID == identity {
		list = append(list, AppOwner)
	}
	if slices.Contains(app.Team, identity) {
		list = append(list, TeamMember)
	}
	if app.OwnerLeft && Can(memberships[i].Role, RemoveMembers) {
		list = append(list, Heir)
	}
	return list
}
