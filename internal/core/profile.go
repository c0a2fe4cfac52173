package core

// Profile is the generation of the protocol that an app speaks.
type Profile string

const (
	ProfileDraft5  Profile = "draft5"   // integrations written to draft 5 of 2010; by operators and imports only
	ProfileOAuth2  Profile = "oauth2"   // stock libraries: PKCE enforced once sent
	ProfileOAuth21 Profile = "oauth2.1" // PKCE S256 always
)

// ProfileRules is what the profile of an app decides beyond the grammar of its requests.
type ProfileRules struct {
	Profile Profile
	PKCE    bool // RFC 7636: always, not only once sent
	// BeforePKCE: its clients are older than PKCE, so that not even a public app is asked for it.
	BeforePKCE bool
	// QueryTokens: its access tokens may come in the address of a call, where logs and histories keep them. RFC 6750 §2.3.
	QueryTokens bool
	// Implicit: an operator may let it take tokens from the redirect, which RFC 9700 §2.1.2 advises against.
	Implicit bool
	// ShownCodes: codes may be shown to the person, who copies them into the app (oauth.RedirectShownURI).
	ShownCodes bool
}

// Profiles lists the generations, the oldest first.
var Profiles = []ProfileRules{
	{Profile: ProfileDraft5, BeforePKCE: true, QueryTokens: true, Implicit: true, ShownCodes: true},
	{Profile: ProfileOAuth2, QueryTokens: true, Implicit: true, ShownCodes: true},
	{Profile: ProfileOAuth21, PKCE: true},
}

// Known reports whether there is such a profile.
func (p Profile) Known() bool { return p != "" && p.Rules().Profile == p }

// Rules gives what the profile decides. Those of an unknown one are the strictest.
func (p Profile) Rules() ProfileRules {
	for _, rules := range Profiles {
		if rules.Profile == p {
			return rules
		}
	}
	return ProfileRules{PKCE: true}
}
