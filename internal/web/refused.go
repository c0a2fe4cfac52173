package web

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html/template"

	"launchpad/oauth"
)

// Refused is a page at another host than ours: it tells a person why the proxy there does not let them in. Our files are not
// reachable there, so it brings its own few lines of style.
type Refused struct {
	Error *oauth.Error
	Trace string

	At     string // host and path that were asked for
	Person string // e-mail address of who is signed in; "": not known
	Issuer string
}

func (Refused) Template() string         { return "refused" }
func (Refused) Title() (string, []any)   { return "refused.title", nil }
func (p Refused) Sentence() []Word       { return Failure{Error: p.Error}.Sentence() }
func (Refused) Stylesheet() template.CSS { return refusedStyle() }

// Text is what the sentence, which is for developers, means to a person; "": the same.
func (p Refused) Text() string {
	switch p.Error.Slug {
	case "account_not_allowed", "account_none":
		return "refused.account"
	case "api_route_unknown", "page_unknown":
		return "refused.nothing"
	}
	return ""
}

// stylist is a page that brings its style along.
type stylist interface{ Stylesheet() template.CSS }

func refusedStyle() template.CSS {
	text, _ := assetFiles.ReadFile("assets/refused.css") // it is in the binary
	return template.CSS(text)
}

// ownStyle is the policy of a page that has nothing but the style that it brings: a hash allows that one alone. The sandbox
// makes it nobody's page: it stands at the host of an application, whose scripts must not read who was refused there.
func ownStyle(style template.CSS) string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox"
}

// shown is an error that a person is to see on a page.
type shown struct {
	error
	page Refused
}

func (s shown) Unwrap() error { return s.error }

// Shown asks the surface to tell an error on a page.
func Shown(err error, page Refused) error { return shown{err, page} }

// PageOf is the page on which an error is to be told, if it is.
func PageOf(err error) (Refused, bool) {
	s, ok := errors.AsType[shown](err)
	return s.page, ok
}
