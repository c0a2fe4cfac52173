package manual

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"

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
		{Method: "GET", Path: "/docs/old-clients", Handle: m.oldClients},
		{Method: "GET", Path: "/docs/rate-limits", Handle: m.rateLimits},
		{Method: "GET", Path: "/docs/errors", Handle: m.errors},
		{Method: "GET", Path: "/docs/errors/{slug}", Handle: m.one},
	}
}

func (m *Room) index(w http.ResponseWriter, r *http.Request) error {
	return m.draw(w, r, web.Manual{Heading: "Get and use a token"}, strings.ReplaceAll(docs.Start, "$ISSUER", m.Issuer))
}

func (m *Room) oldClients(w http.ResponseWriter, r *http.Request) error {
	return m.draw(w, r, web.Manual{Heading: "Old clients"}, docs.OldClients)
}

func (m *Room) rateLimits(w http.ResponseWriter, r *http.Request) error {
	return m.draw(w, r, web.Manual{Heading: "Rate limits"}, forDevelopers(docs.RateLimits))
}

// forDevelopers is what a page says before it turns to operators.
func forDevelopers(page string) string {
	before, _, _ := strings.Cut(page, "\n## For operators\n")
	return before
}

func (m *Room) errors(w http.ResponseWriter, r *http.Request) error {
	return m.draw(w, r, web.Manual{Heading: "Errors explained"}, linked(docs.Errors))
}

func (m *Room) one(w http.ResponseWriter, r *http.Request) error {
	slug := r.PathValue("slug")
	text, ok := Section(docs.Errors, slug)
	if !ok {
		return oauth.NotFound("page_unknown", "no error of this name is known to this version")
	}
	return m.draw(w, r, web.Manual{Heading: slug, Within: true}, "# "+slug+"\n"+text)
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

// markdownPage reads headings that name their own anchor: "## Heading {#anchor}".
var markdownPage = goldmark.New(goldmark.WithParserOptions(parser.WithHeadingAttribute()), goldmark.WithExtensions(extension.Table))

// linked gives every heading of the errors page an anchor, every error a link to its own page, and the page a list of
// its sections.
func linked(page string) string {
	var sections, body strings.Builder
	for line := range strings.Lines(page) {
		if section, ok := strings.CutPrefix(line, "## "); ok {
			section = strings.TrimSpace(section)
			anchor := strings.ReplaceAll(strings.ToLower(section), " ", "-")
			fmt.Fprintf(&sections, "- [%s](#%s)\n", section, anchor)
			line = fmt.Sprintf("## %s {#%s}\n", section, anchor)
		}
		if slug, ok := strings.CutPrefix(line, "### "); ok {
			slug = strings.TrimSpace(slug)
			line = fmt.Sprintf("### [%s](/docs/errors/%s) {#%s}\n", slug, slug, slug)
		}
		body.WriteString(line)
	}
	before, after, _ := strings.Cut(body.String(), "\n## ")
	return before + "\n" + sections.String() + "\n## " + after
}

func (m *Room) draw(w http.ResponseWriter, r *http.Request, page web.Manual, markdown string) error {
	var body bytes.Buffer
	// goldmark leaves raw HTML out unless told otherwise, and the text is our own.
	if err := markdownPage.Convert([]byte(markdown), &body); err != nil {
		return fmt.Errorf("draw manual: %w", err)
	}
	page.Body = template.HTML(body.String())
	return m.Pages.Render(w, r, http.StatusOK, page)
}
