package core

import "time"

// OldWay is a way in which apps of earlier generations speak to this server. It works until the operator ends it;
// meanwhile it is counted, and whoever builds the app is told what to do instead.
type OldWay string

const (
	OldDraft5           OldWay = "draft5"            // a request in the grammar of draft 5
	OldQueryCredentials OldWay = "query_credentials" // a token request with parameters in its address
	OldQueryToken       OldWay = "query_token"       // a call of an API with the token in its address
	OldTokenScheme      OldWay = "token_scheme"      // a call with Authorization: Token or OAuth instead of Bearer
	OldImplicit         OldWay = "implicit"          // a token handed out in the redirect
	OldNoPKCE           OldWay = "no_pkce"           // a code without code_challenge
	OldNoState          OldWay = "no_state"          // an authorization without state
	OldHTTPRedirect     OldWay = "http_redirect"     // an answer sent over plain http to another machine
)

// OldWayRules is everything about an old way that is no sentence. Its sentences are in the catalogue under old_way, and
// under its slug in docs/errors.md.
type OldWayRules struct {
	Way OldWay
	// Requirement is what holds once the way has ended, as launchpad policy dry-run calls it.
	Requirement string
	// Since is the month in which a specification put an end to it. RFC 9745 §2 wants a moment.
	Since time.Time
}

var (
	rfc6749 = time.Date(2012, time.October, 1, 0, 0, 0, 0, time.UTC) // with RFC 6750
	rfc9700 = time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// OldWays is the one list of them, the oldest first.
var OldWays = []OldWayRules{
	{OldDraft5, "no-draft5", rfc6749},
	{OldQueryCredentials, "no-query-credentials", rfc6749},
	{OldTokenScheme, "no-token-schemes", rfc6749},
	{OldQueryToken, "no-query-tokens", rfc9700},
	{OldImplicit, "no-implicit", rfc9700},
	{OldHTTPRedirect, "no-http-redirects", rfc9700},
	{OldNoPKCE, "pkce", rfc9700},
	{OldNoState, "state", rfc9700},
}

// Rules gives what is known of the way; of an unknown one, nothing.
func (w OldWay) Rules() OldWayRules {
	for _, rules := range OldWays {
		if rules.Way == w {
			return rules
		}
	}
	return OldWayRules{}
}

// Slug is the heading that explains the way, and the slug of its refusal once it has ended.
func (w OldWay) Slug() string { return "old_" + string(w) }

// OldUse is how often an app went an old way on one day.
type OldUse struct {
	AppID  ID
	Way    OldWay
	Day    time.Time // its beginning in UTC
	Count  int64
	LastAt time.Time
}

// OldUsage is how often an app went an old way lately.
type OldUsage struct {
	App                 App // id, client_id, name and publisher only
	Way                 OldWay
	Today, Week, Period int64 // in the last day, the last 7 days, and as many as were asked for; each with today
	LastAt              time.Time
}

// OldUsesKept is for how many days uses are remembered.
const OldUsesKept = 40

// DayOf is the beginning of a moment's day in UTC.
func DayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
