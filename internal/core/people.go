package core

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Identity is a person with one Launchpad ID.
type Identity struct {
	ID           ID
	Email        string // lower case, unique
	Name         string
	PasswordHash string // PHC string
	Operator     bool   // runs this Launchpad
	CreatedAt    time.Time
	LockedAt     time.Time // zero: not locked
	DeletedAt    time.Time // zero: not deleted
}

// Locked reports whether the identity may not act. A deleted one is locked for ever.
func (i Identity) Locked() bool { return !i.LockedAt.IsZero() }

// SignUp is who may make an ID of their own.
type SignUp string

const (
	SignUpOpen       SignUp = "open"       // everybody
	SignUpInvitation SignUp = "invitation" // whoever was invited, here or into an account
	SignUpClosed     SignUp = "closed"     // nobody
)

// Possible reports whether anybody may. What is none of the three is closed.
func (s SignUp) Possible() bool { return s == SignUpOpen || s == SignUpInvitation }

// Creators is who may open accounts.
type Creators string

const (
	CreatorsOperators Creators = "operators"
	CreatorsEveryone  Creators = "everyone"
)

// Registrars is who may bring apps by program, without an ID here.
type Registrars string

const (
	RegistrarsAnybody Registrars = "open"
	RegistrarsNobody  Registrars = "closed"
)

// Account is a customer company.
type Account struct {
	ID          ID
	Slug        string
	Name        string
	CreatedAt   time.Time
	SuspendedAt time.Time // zero: active
}

// Role of an identity in an account.
type Role string

const (
	RoleOwner  Role = "owner"
	RoleAdmin  Role = "admin"
	RoleMember Role = "member"
)

// Seats of an account. Invitations count from the day they are made until they are over and swept, so that no account
// fills the store.
const (
	MaxMembers     = 1000
	MaxInvitations = 500
)

// Invitation lets somebody into an account, or, without one, lets somebody sign up. It is accepted once.
type Invitation struct {
	ID          ID
	Digest      string  // of the link's secret
	Account     Account // zero: to sign up only
	Role        Role    // in the account
	Email       string  // normalised; "": whoever holds the link
	InvitedBy   ID
	CreatedAt   time.Time
	ExpiresAt   time.Time
	AcceptedAt  time.Time
	WithdrawnAt time.Time
}

// Open reports whether the invitation can still be accepted.
func (i Invitation) Open(now time.Time) bool {
	return i.AcceptedAt.IsZero() && i.WithdrawnAt.IsZero() && now.Before(i.ExpiresAt)
}

// Member is somebody in an account, as the other members see them.
type Member struct {
	Identity  Identity // id, name and e-mail address only
	Role      Role
	CreatedAt time.Time
}

// Membership is one identity in one account, with the account at hand.
type Membership struct {
	IdentityID ID
	Account    Account
	Role       Role
	CreatedAt  time.Time
}

// Session is one signed-in browser.
type Session struct {
	ID         ID
	IdentityID ID
	Digest     string // of the secret part of the cookie
	CreatedAt  time.Time
	LastSeenAt time.Time
	ExpiresAt  time.Time
	EndedAt    time.Time
	UserAgent  string // as the browser named itself when it signed in; "": forgotten
	Address    string // where it was then; a network once it is old
}

// Lives reports whether the session may still be used at now, given how long it may lie idle.
func (s Session) Lives(now time.Time, idle time.Duration) bool {
	return s.EndedAt.IsZero() && now.Before(s.ExpiresAt) && now.Before(s.LastSeenAt.Add(idle))
}

var slugPattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// ValidSlug reports whether s can name an account in a host name.
func ValidSlug(s string) bool { return len(s) >= 2 && len(s) <= 40 && slugPattern.MatchString(s) }

// NormalEmail lower-cases and trims an e-mail address, so that one mailbox is one identity. ok is false if it is
// not one local part, one @ and one domain of plain characters.
func NormalEmail(s string) (email string, ok bool) {
	email = strings.ToLower(strings.TrimSpace(s))
	local, domain, found := strings.Cut(email, "@")
	if !found || local == "" || len(email) > 254 || strings.Contains(domain, "@") || !hostPattern.MatchString(domain) {
		return "", false
	}
	for _, c := range email {
		if c <= 0x20 || c > 0x7e || strings.ContainsRune(`"(),:;<>[\]`, c) {
			return "", false
		}
	}
	return email, true
}

var hostPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)

// SlugOf makes a slug out of a name: small letters, digits, hyphens between. A name without any becomes
// "account".
func SlugOf(name string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(name) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9' && b.Len() > 0:
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := strings.Trim(b.String()[:min(b.Len(), 40)], "-")
	if !ValidSlug(slug) {
		return "account"
	}
	return slug
}

// VisibleName reports whether a name can stand on a page: up to 60 characters, all of them visible, none of them
// able to disguise the rest (controls, zero-width and direction marks, angle brackets).
func VisibleName(s string) bool {
	if s == "" || utf8.RuneCountInString(s) > 60 || strings.TrimSpace(s) != s {
		return false
	}
	for _, c := range s {
		if !unicode.IsGraphic(c) || unicode.In(c, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp) || c == '<' || c == '>' {
			return false
		}
	}
	return true
}
