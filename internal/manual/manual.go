package manual

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/yuin/goldmark"

	"launchpad/docs"
	"launchpad/internal/web"
	"launchpad/oauth"
)

// Room is the manual.
type Room struct {
	Pages  *web.Renderer
	Issuer string
}

// Routes of the room.
func (m *Room) Routes() []web.Route {
	return []web.Route{
		{Method: "GET", Path: "/docs", Handle: m.index},
		{Method: "GET", Path: "/docs/errors", Handle: m.errors},
		{Method: "GET", Path: "/docs/errors/{slug}", Handle: m.one},
	}
}

func (m *Room) index(w http.ResponseWriter, r *http.Request) error {
	return m.draw(w, r, "Get and use a token", strings.ReplaceAll(docs.Start, "$ISSUER", m.Issuer))
}

func (m *Room) errors(w http.ResponseWriter, r *http.Request) error {
	return m.draw(w, r, "Errors explained", docs.Errors)
}

func (m *Room) one(w http.ResponseWriter, r *http.Request) error {
	slug := r.PathValue("slug")
	text, ok := Section(docs.Errors, slug)
	if !ok {
		return oauth.NotFound("page_unknown", "no error of this name is known to this version")
	}
	return m.draw(w, r, slug, "# "+slug+"\n"+text+"\n\n[All errors](/docs/errors)\n")
}

// Section cuts the paragraph under "### slug" out of the errors page.
func Section(page, slug string) (string, bool) {
	_, rest, found := strings.Cut(page, "\n### "+slug+"\n")
	if !found || strings.ContainsAny(slug, "\n#") {
		return "", false
	}
	if end := strings.Index(rest, "\n#"); end >= 0 {
		rest = rest[:end]
	}
	return rest, true
}

func (m *Room) draw(w http.ResponseWriter, r *http.Request, heading, markdown string) error {
	var body bytes.Buffer
	// goldmark leaves raw HTML out unless told otherwise, and the text is our own.
	if err := goldmark.Convert([]byte(markdown), &body); err != nil {
		return fmt.Errorf("draw manual: %w", err)
	}
	return m.Pages.Render(w, r, http.StatusOK, web.Manual{Heading: heading, Body: template.HTML(body.String())})
}
