package web

import (
	"context"
	"net/http"

	"launchpad/internal/core"
)

// Surface is who reads the answers of a route, and so the one writer of its errors.
type Surface int

const (
	PageSurface Surface = iota // a person in a browser
	JSONSurface                // a program: OAuth endpoints and metadata
	APISurface                 // a program that calls a protected API
	FileSurface                // style sheets and the like: public, cacheable
)

// Route is one method of one path. What the fields say is enforced for every route by the server, so that no
// handler can forget it.
type Route struct {
	Method    string
	Path      string
	For       string // the path that this one stands for, if it is an alias: they share limits
	Surface   Surface
	SignedIn  bool // people only: others are sent to sign in first
	Foreign   bool // a form of another site may be sent here: no token against forgery is asked for
	AnyOrigin bool // JSON that browsers of any site may read
	Handle    func(http.ResponseWriter, *http.Request) error
}

// Visitor is who looks at a page.
type Visitor struct {
	Identity core.Identity // zero if nobody is signed in
	Session  core.Session
	Browser  string // value of the browser's cookie
	CSRF     string // what forms must carry
}

// SignedIn reports whether somebody is.
func (v Visitor) SignedIn() bool { return !v.Identity.ID.Zero() }

type visitorKey struct{}

// WithVisitor attaches the visitor to a request.
func WithVisitor(r *http.Request, v Visitor) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), visitorKey{}, v))
}

// VisitorOf gives the visitor of a page's request.
func VisitorOf(r *http.Request) Visitor {
	v, _ := r.Context().Value(visitorKey{}).(Visitor)
	return v
}
