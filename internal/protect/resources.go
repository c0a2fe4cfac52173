package protect

import (
	"slices"
	"strings"
	"sync/atomic"

	"launchpad/internal/core"
	"launchpad/oauth"
)

// Target is an API that tokens can be bound to. RFC 8707 §2.
type Target struct {
	API
	Scope oauth.Scope // that its calls need, and that it asks for itself
}

// Audience is what tokens for the API say; for none in particular, nothing.
func (t *Target) Audience() string {
	if t == nil {
		return ""
	}
	return t.Resource
}

// ReadsJWT reports whether tokens for the API are RFC 9068 ones, whatever the app's format is: agents' APIs stand behind
// libraries that verify nothing else.
func (t *Target) ReadsJWT() bool { return t != nil && t.Agents }

// Admits keeps an app that came by itself to the APIs that are for agents now, whatever it was once allowed.
func (t *Target) Admits(app core.App) error {
	if !app.Stranger() || t != nil && t.Agents {
		return nil
	}
	return oauth.InvalidTarget("resource_not_for_agents", "apps that registered themselves reach APIs for agents only, and this token would be for another").
		Got(orNothing(t.Audience()), "an API for agents")
}

// Narrow leaves out of a scope what only other APIs have.
func (t *Target) Narrow(scope oauth.Scope) oauth.Scope {
	if t == nil {
		return scope
	}
	return scope.And(t.Scope)
}

// Resources finds APIs by their resource identifiers. Everybody who asks has the same one, and it asks for what there is now:
// Load replaces that while requests are answered.
type Resources struct {
	issuer string
	now    atomic.Pointer[Targeted]
}

// Targeted is the APIs that tokens can be bound to at one time.
type Targeted struct {
	list []*Target
	// agents are the scopes of APIs for agents.
	agents oauth.Scope
	// reserved are those of them that no other API has. A token that is bound to no API can do nothing with them.
	reserved oauth.Scope
}

// NewResources makes it. Its error says what cannot work, for the operator.
func NewResources(issuer string, apis []API) (*Resources, error) {
	r := &Resources{issuer: issuer}
	first, err := r.Read(apis)
	if err == nil {
		r.Load(first)
	}
	return r, err
}

// Load replaces what there is.
func (r *Resources) Load(t *Targeted) { r.now.Store(t) }

// Now is what there is, for what is made of it and kept: it is another one after each Load.
func (r *Resources) Now() *Targeted { return r.now.Load() }

// Read makes what can be loaded. Its error says what cannot work, for the operator.
func (r *Resources) Read(apis []API) (*Targeted, error) {
	made := &Targeted{}
	var open oauth.Scope
	for _, api := range apis {
		scope := api.Scope()
		if !api.Agents {
			open = open.Or(scope)
		}
		switch {
		case api.Resource == "" && api.Agents:
			return nil, api.Wrong("", "an API for agents needs a resource")
		case api.Resource == "":
			continue
		}
		if oauth.BareOrigin(api.Resource) == oauth.BareOrigin(r.issuer) {
			// RFC 9068 §3: the issuer is the audience of tokens that are for no API.
			return nil, api.Wrong("resource", "%q is the issuer; give it an address of its own", api.Resource)
		}
		if other := made.find(oauth.BareOrigin(api.Resource)); other != nil {
			return nil, api.Wrong("resource", "%q is that of api %q; make them differ", api.Resource, other.Label())
		}
		for _, other := range made.list {
			if other.MetadataAddress(r.issuer) == api.MetadataAddress(r.issuer) {
				return nil, api.Wrong("resource", "its metadata would lie where that of api %q lies; give their resources other paths", other.Label())
			}
		}
		made.list = append(made.list, &Target{api, scope})
		if api.Agents {
			made.agents = made.agents.Or(scope)
		}
	}
	made.reserved = made.agents.Minus(open)
	return made, nil
}

// Scope is every scope that counts at the API.
func (a *API) Scope() oauth.Scope {
	names := slices.Clone(a.Scopes)
	for _, route := range a.Routes {
		names = append(names, strings.Fields(route.Scope)...)
	}
	return oauth.Scopes(names...)
}

// find finds an API by an identifier in the form in which they are compared.
func (t *Targeted) find(resource string) *Target {
	for _, found := range t.list {
		if oauth.BareOrigin(found.Resource) == resource {
			return found
		}
	}
	return nil
}

// Admits reports whether a token with that audience may be the app's now. See Target.Admits.
func (r *Resources) Admits(app core.App, audience string) bool {
	return r.now.Load().find(oauth.BareOrigin(audience)).Admits(app) == nil
}

// All lists the APIs that tokens can be bound to.
func (r *Resources) All() []*Target { return r.now.Load().list }

// AgentScope is the most that apps may ask for which came by themselves.
func (r *Resources) AgentScope() oauth.Scope { return r.now.Load().agents }

// Identifiers lists their resource identifiers. RFC 9728 §4.
func (r *Resources) Identifiers() []string { return Targets(r.All()).Identifiers() }

// ForAgents reports whether any of them is for agents.
func (r *Resources) ForAgents() bool {
	return slices.ContainsFunc(r.All(), func(t *Target) bool { return t.Agents })
}

// Usual are the scopes among those that a request means which names neither scopes nor an API.
func (r *Resources) Usual(allowed oauth.Scope) oauth.Scope {
	return allowed.Minus(r.now.Load().reserved)
}

// Targets are the APIs that a request asks for.
type Targets []*Target

// Identifiers are what they are registered as, which is what goes into tokens.
func (list Targets) Identifiers() []string {
	var names []string
	for _, t := range list {
		names = append(names, t.Resource)
	}
	return names
}

// Names are what people call them.
func (list Targets) Names() []string {
	var names []string
	for _, t := range list {
		names = append(names, t.Title())
	}
	return names
}

// Title is what people call it.
func (a *API) Title() string {
	if a.Name != "" {
		return a.Name
	}
	_, bare, _ := strings.Cut(a.Resource, "://")
	return bare
}

// Asked finds the APIs that a request names. RFC 8707 §2: what is unknown is invalid_target.
func (r *Resources) Asked(form oauth.Form) (Targets, error) {
	sent, err := form.Resources()
	if err != nil {
		return nil, err
	}
	return r.Named(sent)
}

// Named finds the APIs of a list of identifiers.
func (r *Resources) Named(resources []string) (Targets, error) {
	var list Targets
	for _, resource := range resources {
		t := r.now.Load().find(oauth.BareOrigin(resource))
		if t == nil {
			return nil, oauth.InvalidTarget("resource_unknown", "no API of this server is called so; the metadata of this server lists them as protected_resources").
				Got(oauth.Printable(resource), oauth.Printable(orNothing(strings.Join(r.Identifiers(), " or "))))
		}
		list = append(list, t)
	}
	return list, nil
}

func orNothing(s string) string {
	if s == "" {
		return "no resource"
	}
	return s
}

// Implied is the API that a request without resource means: the one for agents that alone has every scope of it. RFC 9068
// §3 lets the scope tell, and agents of the first revision of their specification send nothing else.
func (r *Resources) Implied(scope oauth.Scope) Targets {
	var found Targets
	now := r.now.Load()
	for _, t := range now.list {
		if t.Agents && len(scope) > 0 && now.reserved.Covers(scope) && t.Scope.Covers(scope) {
			found = append(found, t)
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found
}

// OfAgents keeps an app that came by itself to the APIs that the operator marked for agents. What it names none of means the one
// that there is: agents of the first revision of their specification send no resource.
func (r *Resources) OfAgents(asked Targets) (Targets, error) {
	var theirs Targets
	for _, t := range r.All() {
		if t.Agents {
			theirs = append(theirs, t)
		}
	}
	for _, t := range asked {
		if !t.Agents {
			return nil, oauth.InvalidTarget("resource_not_for_agents", "apps that registered themselves reach APIs for agents only; name one of those").
				Got(t.Resource, oauth.Printable(orNothing(strings.Join(theirs.Identifiers(), " or "))))
		}
	}
	switch {
	case len(asked) > 0:
		return asked, nil
	case len(theirs) == 1:
		return theirs, nil
	}
	return nil, oauth.InvalidTarget("resource_needed", "apps that registered themselves must name the API that the token is for").
		Got("no resource", oauth.Printable(orNothing(strings.Join(theirs.Identifiers(), " or "))))
}

// Scope is what a request for these APIs gets of what its app may ask for. asked is the scope that it names; without one it
// means every scope of theirs. What others have is left out, since no token of theirs could use it.
func (list Targets) Scope(asked, allowed oauth.Scope) (oauth.Scope, error) {
	var theirs oauth.Scope
	for _, t := range list {
		theirs = theirs.Or(t.Scope)
	}
	if len(asked) == 0 {
		asked = allowed
	}
	got := asked.And(theirs)
	if len(got) == 0 && len(theirs) > 0 {
		return nil, oauth.InvalidScope("scope_of_another_api", "none of these scopes belongs to %s", strings.Join(list.Identifiers(), " or ")).
			Got(asked.String(), theirs.String())
	}
	return got, nil
}

// One is the API that a request names for a token, or nil. A token is for one: what is bound to two could be used at the
// second by the first (RFC 8707 §3).
func (r *Resources) One(form oauth.Form) (*Target, error) {
	asked, err := r.Asked(form)
	switch {
	case err != nil || len(asked) == 0:
		return nil, err
	case len(asked) > 1:
		return nil, oneOf(asked.Identifiers())
	}
	return asked[0], nil
}

// Pick is the same among the APIs that a person was asked about. RFC 8707 §2.2: without a name it is the one that there is.
func (r *Resources) Pick(form oauth.Form, authorized []string) (*Target, error) {
	asked, err := r.One(form)
	switch {
	case err != nil:
		return nil, err
	case asked == nil && len(authorized) > 1:
		return nil, oneOf(authorized)
	case asked == nil:
		only, err := r.Named(authorized)
		if err != nil || len(only) == 0 {
			return nil, err
		}
		return only[0], nil
	case len(authorized) == 0 && !asked.Agents, slices.Contains(authorized, asked.Resource):
		// What is bound to no API could be used there as well, so this gives nothing new.
		return asked, nil
	}
	return nil, oauth.InvalidTarget("resource_not_authorized", "the person was not asked about this API; name it in the authorization request").
		Got(asked.Resource, oauth.Printable(orNothing(strings.Join(authorized, " or "))))
}

func oneOf(resources []string) *oauth.Error {
	return oauth.InvalidTarget("resource_one", "a token is for one API; name the one that this token is for, and ask again for the next").
		Got(oauth.Printable(strings.Join(resources, " and ")), "one resource")
}
