package server

import (
	"cmp"
	"maps"
	"net/http"

	"launchpad/internal/config"
	"launchpad/internal/core"
	"launchpad/internal/limit"
	"launchpad/internal/protect"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// callLimits is what is known of the calls, until the APIs are others.
type callLimits struct {
	own   map[string]config.APILimits // of APIs, by label
	known map[where]*callPolicies
}

func newCallLimits() *callLimits {
	return &callLimits{map[string]config.APILimits{}, map[where]*callPolicies{}}
}

// where is what is called: an API by its label, and a path as it was declared. Neither is a caller's word.
type where struct{ api, path string }

// callPolicies are what counts the calls of one path.
type callPolicies struct{ ofAccount, ofRoute, ofIdentity, ofApp, inAccount *policy }

// Call counts a call of an API, and tells in the header of the answer where the caller stands. identity is zero if the app acts for
// itself. api is the API's label and path the declared one. A call that is refused is not counted.
func (n *limits) Call(h http.Header, record *web.Record, app, identity, account core.ID, api, path string) error {
	p, standing := n.of(where{api, path}), standsOf(record)
	var room [5]limit.Claim
	var theirs [5]*policy
	used := 0
	claim := func(p *policy, k limit.Key) {
		room[used], theirs[used] = limit.Claim{Rate: p.rate, Key: k}, p
		used++
	}
	claim(p.ofAccount, standing.from.And(account))
	if p.ofRoute != nil {
		claim(p.ofRoute, standing.from.And(account))
	}
	if !identity.Zero() {
		claim(p.ofIdentity, limit.ID(identity))
	}
	claim(p.ofApp, limit.ID(app))
	claim(p.inAccount, limit.ID(account))
	nearest, s := n.table.Take(room[:used])
	if s.Wait > 0 {
		return n.refuse(theirs[nearest], theirs[nearest].tooManyCalls(s))
	}
	standing.note(theirs[nearest], s)
	standing.tell(h)
	return nil
}

func (p *policy) tooManyCalls(s limit.Standing) *oauth.Error {
	const wait = "; wait as long as Retry-After says"
	switch p.name {
	case ofRoute:
		return oauth.TooManyRequests("too_many_calls_of_route", s.Wait, "more than %d of these calls came from this address for this account within %s"+wait, p.most, window)
	case ofIdentity:
		return oauth.TooManyRequests("too_many_calls_of_identity", s.Wait, "more than %d calls came on behalf of this person within %s"+wait, p.most, window)
	case ofApp:
		return oauth.TooManyRequests("too_many_calls_of_app", s.Wait, "more than %d calls came from this app within %s"+wait, p.most, window)
	case inAccount:
		return oauth.TooManyRequests("too_many_calls_in_account", s.Wait, "more than %d calls came for this account within %s"+wait, p.most, window)
	}
	return oauth.TooManyRequests("too_many_calls", s.Wait, "too many calls came from this address for this account within %s"+wait, window)
}

// of finds the policies of a path, which are made when it is first called.
func (n *limits) of(at where) *callPolicies {
	if p, ok := n.calls.Load().known[at]; ok {
		return p
	}
	n.making.Lock()
	defer n.making.Unlock()
	before := n.calls.Load()
	if p, ok := before.known[at]; ok {
		return p
	}
	known := maps.Clone(before.known)
	known[at] = n.policiesAt(at, before.own[at.api], known)
	n.calls.Store(&callLimits{before.own, known})
	return known[at]
}

// load takes over what the APIs say now. Where that is what they said before, counting goes on.
func (n *limits) load(apis []protect.API) {
	n.making.Lock()
	defer n.making.Unlock()
	before, now := n.calls.Load(), newCallLimits()
	for _, api := range apis {
		now.own[api.Label()] = api.Limits
	}
	for at, policies := range before.known {
		if own, there := now.own[at.api]; there && own == before.own[at.api] {
			now.known[at] = policies
		}
	}
	n.calls.Store(now)
}

// policiesAt makes those of a path. It shares those of its API with the paths that are known already.
func (n *limits) policiesAt(at where, own config.APILimits, known map[where]*callPolicies) *callPolicies {
	p := &callPolicies{}
	for other, its := range known {
		if other.api == at.api {
			*p = *its
		}
	}
	if p.ofAccount == nil {
		p.ofAccount = n.ofAPI(ofAccount, at.api, own.OfAccount)
		p.ofIdentity = n.ofAPI(ofIdentity, at.api, own.OfIdentity)
		p.ofApp = n.ofAPI(ofApp, at.api, own.OfApp)
		p.inAccount = n.ofAPI(inAccount, at.api, own.InAccount)
	}
	p.ofRoute = n.ofPath(at, own)
	return p
}

// ofAPI is an API's own policy, or the one that it shares with the others.
func (n *limits) ofAPI(name, api string, most int) *policy {
	all := n.named(name)
	if most == 0 {
		return all
	}
	own := *all
	own.most, own.api = most, api
	return n.keep(own, name+" "+api)
}

// ofPath is nil where the calls of the path cannot come to an end before those of the account.
func (n *limits) ofPath(at where, own config.APILimits) *policy {
	p := *n.named(ofRoute)
	if own.OfRoute > 0 {
		p.most, p.api = own.OfRoute, at.api
	}
	if p.most >= cmp.Or(own.OfAccount, n.named(ofAccount).most) {
		return nil
	}
	return n.keep(p, ofRoute+" "+at.api+" "+at.path)
}
