package manual

import (
	"embed"
	"html/template"
	"net/http"
	"strings"

	"launchpad/internal/web"
	"launchpad/oauth"
)

// pages are the documents as HTML, by the names of their files in docs; made by draw.
//
//go:embed pages/*.html
var pages embed.FS

// Room is the manual.
type Room struct {
	Pages  *web.Renderer
	Issuer string
}

// Routes of the room.
func (m *Room) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/docs", Handle: m.page("Get and use a token", "start")},
		{Method: "GET", Path: "/docs/old-clients", Handle: m.page("Old clients", "old-clients")},
		{Method: "GET", Path: "/docs/rate-limits", Handle: m.page("Rate limits", "rate-limits")},
		{Method: "GET", Path: "/docs/errors", Handle: m.page("Errors explained", "errors")},
		{Method: "GET", Path: "/docs/errors/{slug}", Handle: m.oneError},
	}
}

func (m *Room) page(heading, name string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		return m.draw(w, r, web.Manual{Heading: heading}, name, everything)
	}
}

func (m *Room) oneError(w http.ResponseWriter, r *http.Request) error {
	slug := r.PathValue("slug")
	return m.draw(w, r, web.Manual{Heading: slug, Within: true}, "errors", func(page string) (string, bool) { return section(page, slug) })
}

func everything(page string) (string, bool) { return page, true }

// section cuts the error of a name out of the page of all of them, its heading included.
func section(page, slug string) (string, bool) {
	_, rest, found := strings.Cut(page, `<h3 id="`+slug+`">`)
	if !found || strings.Trim(slug, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return "", false
	}
	_, rest, _ = strings.Cut(rest, "</h3>")
	if end := strings.Index(rest, "\n<h"); end >= 0 {
		rest = rest[:end]
	}
	return "<h1>" + slug + "</h1>" + rest, true
}

// draw puts the part of a document into a page; $ISSUER stands for the issuer in every document.
func (m *Room) draw(w http.ResponseWriter, r *http.Request, page web.Manual, name string, part func(page string) (string, bool)) error {
	document, err := pages.ReadFile("pages/" + name + ".html")
	if err != nil {
		return err
	}
	body, ok := part(string(document))
	if !ok {
		return oauth.NotFound("page_unknown", "no error of this name is known to this version")
	}
	page.Body = template.HTML(strings.ReplaceAll(body, "$ISSUER", template.HTMLEscapeString(m.Issuer)))
	return m.Pages.Render(w, r, http.StatusOK, page)
}
