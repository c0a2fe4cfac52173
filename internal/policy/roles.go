package policy

import (
	"slices"

	"launchpad/internal/core"
)

// Act is something that a role may do in an account.
type Act string

const (
	SeeMembers     Act = "see members"
	RegisterApps   Act = "register apps in the account's name"
	Leave          Act = "leave the account"
	Invite         Act = "invite members"
	RemoveMembers  Act = "remove members"
	ChangeRoles    Act = "change roles"
	RenameAccount  Act = "rename the account"
	AppointOwners  Act = "make owners, and unmake them"
	SuspendAccount Act = "close the account"
)

// may is the whole table: who may do what in an account that they belong to.
var may = map[Act][]core.Role{
	SeeMembers:     {core.RoleOwner, core.RoleAdmin, core.RoleMember},
	RegisterApps:   {core.RoleOwner, core.RoleAdmin, core.RoleMember},
	Leave:          {core.RoleOwner, core.RoleAdmin, core.RoleMember},
	Invite:         {core.RoleOwner, core.RoleAdmin},
	RemoveMembers:  {core.RoleOwner, core.RoleAdmin},
	ChangeRoles:    {core.RoleOwner, core.RoleAdmin},
	RenameAccount:  {core.RoleOwner, core.RoleAdmin},
	AppointOwners:  {core.RoleOwner},
	SuspendAccount: {core.RoleOwner},
}

// Can reports whether a role allows an act. An unknown role or act is no.
func Can(role core.Role, act Act) bool { return slices.Contains(may[act], role) }

// CanOn reports whether a role allows an act on somebody who has, or is to have, another role: what touches an owner
// needs the right to appoint owners.
func CanOn(role core.Role, act Act, other core.Role) bool {
	return Can(role, act) && KnownRole(other) && (other != core.RoleOwner || Can(role, AppointOwners))
}

// Allowed lists the roles that may do an act.
func Allowed(act Act) []core.Role { return slices.Clone(may[act]) }

// Givable lists the roles that a role may give to somebody whom it may touch.
func Givable(role core.Role) []core.Role {
	return slices.DeleteFunc(slices.Clone(Roles), func(r core.Role) bool { return !CanOn(role, ChangeRoles, r) })
}

// MayReopenAccount reports whether an identity may open a closed account again.
func MayReopenAccount(i core.Identity) bool { return i.Operator && !i.Locked() }

// Roles lists the roles, the mightiest first.
var Roles = []core.Role{core.RoleOwner, core.RoleAdmin, core.RoleMember}

// KnownRole reports whether there is such a role.
func KnownRole(role core.Role) bool { return slices.Contains(Roles, role) }
