package server

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"launchpad/internal/authorize"
	"launchpad/internal/core"
	"launchpad/internal/secret"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// surface is the one writer of a kind of answers. serve does what holds for every route of the kind, calls the
// handler, and turns its error into an answer; nobody else writes errors.
type surface interface {
	serve(w http.ResponseWriter, r *http.Request, route *web.Route)
	fail(w http.ResponseWriter, r *http.Request, err error)
}

func (s *Server) surface(kind web.Surface) surface {
	switch kind {
	case web.JSONSurface:
		return jsonSurface{s}
	case web.APISurface:
		return apiSurface{s}
	case web.FileSurface:
		return fileSurface{s}
	}
	return pageSurface{s, http.NewCrossOriginProtection()}
}

// handle calls a handler; a panic is its error.
func handle(w http.ResponseWriter, r *http.Request, route *web.Route) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = asError(p)
		}
	}()
	return route.Handle(w, r)
}

// panicked is a panic as an error.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// asError is called where a panic was caught, so that its stack is still there. A handler that breaks an answer off does
// not fail: that goes on.
func asError(p any) error {
	if p == http.ErrAbortHandler {
		panic(p)
	}
	return &panicked{p, debug.Stack()}
}

// translate makes an error for the wire, with the trace id by which the request's line in the log is found. The private
// half goes into that line.
func (s *Server) translate(w http.ResponseWriter, err error) (e *oauth.Error, trace string) {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		e = oauth.InvalidRequest("body_too_large", "the request body is over %d bytes", tooLarge.Limit).WithStatus(http.StatusRequestEntityTooLarge)
	case isOAuth(err):
		e = oauth.AsError(err)
	case errors.Is(err, core.ErrUnavailable), errors.Is(err, core.ErrBusy):
		e = oauth.Unavailable(err)
	default:
		e = oauth.ServerError(err)
	}
	v := seenOf(w)
	v.record.Refusal = e
	if v.status != 0 {
		// The answer has begun. It is broken off, so that nobody takes what there is of it for the whole.
		panic(http.ErrAbortHandler)
	}
	return e, v.trace()
}

func isOAuth(err error) bool {
	_, ok := errors.AsType[*oauth.Error](err)
	return ok
}

// headers that every error shares.
func (s *Server) challenge(h http.Header, e *oauth.Error) {
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(e.RetryAfter/time.Second)))
	}
	if e.Quota.Policy != "" {
		h[policyField] = []string{e.Quota.PolicyField()}
		h[standingField] = []string{e.Quota.Field(0, e.RetryAfter)}
	}
	if e.Allow != "" {
		h.Set("Allow", e.Allow)
	}
	switch e.Scheme {
	case "Basic":
		// RFC 6749 §5.2.
		h.Set("WWW-Authenticate", `Basic realm="`+s.keys.Issuer()+`", charset="UTF-8"`)
	case "Bearer":
		h.Set("WWW-Authenticate", s.bearer(e))
	}
}

// bearer: RFC 6750 §3.
func (s *Server) bearer(e *oauth.Error) string {
	var b strings.Builder
	fmt.Fprintf(&b, `Bearer realm="%s"`, s.keys.Issuer())
	if e.Code != "" {
		fmt.Fprintf(&b, `, error="%s", error_description="%s", error_uri="%s"`, e.Code, cmp.Or(e.Brief, e.Sentence()), e.URI(s.keys.Issuer()))
	}
	if e.Scope != "" {
		fmt.Fprintf(&b, `, scope="%s"`, e.Scope)
	}
	if e.Metadata != "" {
		fmt.Fprintf(&b, `, resource_metadata="%s"`, e.Metadata) // RFC 9728 §5.1
	}
	return b.String()
}

// writeProblem tells an error to a program. RFC 6749 §5.2, with the trace id that finds it in the log.
func (s *Server) writeProblem(w http.ResponseWriter, err error) {
	e, trace := s.translate(w, err)
	s.challenge(w.Header(), e)
	pairs := []web.Pair{{Name: "error_description", Value: e.Sentence()}, {Name: "error_uri", Value: e.URI(s.keys.Issuer())}, {Name: "trace", Value: trace}}
	if e.Code != "" {
		pairs = append([]web.Pair{{Name: "error", Value: e.Code}}, pairs...)
	}
	_ = web.FormatOf(err).Write(w, e.Status, pairs)
}

// jsonSurface: programs at the OAuth endpoints.
type jsonSurface struct{ *Server }

var (
	anyOrigin = []string{"*"}
	noSniff   = []string{"nosniff"}
)

func (s jsonSurface) serve(w http.ResponseWriter, r *http.Request, route *web.Route) {
	h := w.Header()
	h["X-Content-Type-Options"] = noSniff
	if route.AnyOrigin {
		h["Access-Control-Allow-Origin"] = anyOrigin
	}
	if err := handle(w, r, route); err != nil {
		s.fail(w, r, err)
	}
}

func (s jsonSurface) fail(w http.ResponseWriter, _ *http.Request, err error) {
	s.writeProblem(w, err)
}

// apiSurface: programs that call a protected API.
type apiSurface struct{ *Server }

func (s apiSurface) serve(w http.ResponseWriter, r *http.Request, route *web.Route) {
	if err := handle(w, r, route); err != nil {
		s.fail(w, r, err)
	}
}

func (s apiSurface) fail(w http.ResponseWriter, r *http.Request, err error) {
	seenOf(w).stands.tell(w.Header())
	if page, ok := web.PageOf(err); ok {
		page.Error, page.Trace = s.translate(w, err)
		s.challenge(w.Header(), page.Error)
		s.draw(w, r, page.Error.Status, page, page.Trace)
		return
	}
	s.writeProblem(w, err)
}

// pageSurface: people in browsers.
type pageSurface struct {
	*Server
	origins *http.CrossOriginProtection
}

func (s pageSurface) serve(w http.ResponseWriter, r *http.Request, route *web.Route) {
	if strings.HasPrefix(s.keys.Issuer(), "https:") {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	if account, ok := s.options.AccountHosts.Account(r.Host); ok {
		if err := s.homeward(w, r, route, account); err != nil {
			s.fail(w, r, err)
		}
		return
	}
	v, err := s.sessions.Visit(w, r)
	r = web.WithVisitor(r, v)
	admitted := s.admit(w, r, route, v)
	if err == nil {
		err = admitted
	}
	if err == nil && route.SignedIn && !v.SignedIn() {
		signInFirst(w, r)
		return
	}
	if err == nil {
		err = handle(w, r, route)
	}
	if err != nil {
		s.tell(w, r, err, admitted == nil && r.Method == http.MethodPost && !route.Foreign)
	}
}

// admit keeps out forms that were not ours: by what the browser says of their origin, and by a token that only
// our own page in this browser can know.
func (s pageSurface) admit(_ http.ResponseWriter, r *http.Request, route *web.Route, v web.Visitor) error {
	if r.Method == http.MethodGet || route.Foreign {
		return nil
	}
	if err := s.origins.Check(r); err != nil {
		return forged().Because(err)
	}
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/x-www-form-urlencoded" {
		return forged().Because(errors.New("the content type is not that of a form"))
	}
	if err := r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return err
		}
		return oauth.InvalidRequest("malformed_encoding", "the form could not be read").Because(err)
	}
	if err := plainText(r.PostForm); err != nil {
		return err
	}
	if !secret.Equal(r.PostForm.Get(web.CSRFField), v.CSRF) {
		return forged().Because(errors.New("token does not match"))
	}
	return nil
}

// plainText refuses what no database column can hold.
func plainText(form url.Values) error {
	for _, values := range form {
		for _, value := range values {
			if strings.ContainsRune(value, 0) || !validUTF8(value) {
				return oauth.InvalidRequest("malformed_encoding", "a field holds bytes that are not text")
			}
		}
	}
	return nil
}

func validUTF8(s string) bool { return strings.ToValidUTF8(s, "") == s }

func forged() *oauth.Error {
	return oauth.AccessDenied("form_not_ours", "this form did not come from a page of ours in this browser, or the page is old; go back, reload it and try again")
}

func signInFirst(w http.ResponseWriter, r *http.Request) {
	to := "/signin"
	if r.Method == http.MethodGet {
		to += "?" + url.Values{"return_to": {r.URL.RequestURI()}}.Encode()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (s pageSurface) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.tell(w, r, err, false)
}

// tell draws an error. A form that met it is kept if it was ours: with a stranger's, the button would be theirs, too.
func (s pageSurface) tell(w http.ResponseWriter, r *http.Request, err error, ourForm bool) {
	e, trace := s.translate(w, err)
	s.challenge(w.Header(), e)
	page := web.Failure{Error: e, Trace: trace, Asked: r.URL.Path == authorize.Path}
	if ourForm && (e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable) {
		page.Again = web.AgainOf(r) // else it would meet the same once more
	}
	s.draw(w, r, e.Status, page, trace)
}

// draw shows an error, if need be in one line.
func (s *Server) draw(w http.ResponseWriter, r *http.Request, status int, page web.Page, trace string) {
	if err := s.pages.Render(w, r, status, page); err != nil {
		seenOf(w).record.Cause = err
		http.Error(w, "Something went wrong. Trace: "+trace, http.StatusInternalServerError)
	}
}

// fileSurface: style sheets and the like.
type fileSurface struct{ *Server }

func (s fileSurface) serve(w http.ResponseWriter, r *http.Request, route *web.Route) {
	if err := handle(w, r, route); err != nil {
		s.fail(w, r, err)
	}
}

func (s fileSurface) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, core.ErrNotFound) {
		http.NotFound(w, r)
		return
	}
	s.writeProblem(w, err)
}
