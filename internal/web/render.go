package web

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"time"

	"launchpad/internal/core"
)

//go:embed templates
var templateFiles embed.FS

//go:embed assets
var assetFiles embed.FS

// Renderer draws pages.
type Renderer struct {
	clock     core.Clock
	name      string                     // of this deployment
	catalogue func() (*catalogue, error) // read when the first page wants it, as templates are
	pages     map[string]func() (*template.Template, error)
	assets    map[string]asset // by the name under /assets/
	urls      map[string]string
}

type asset struct {
	body []byte
	kind string
}

// Page is a struct that has a template of the same name.
type Page interface {
	// Template names the file under templates, without its ending.
	Template() string
	// Title is the message id of the page's title and the values of its placeholders.
	Title() (id string, pairs []any)
}

// Sender is a page whose form ends in a redirect to another origin, which the browser must be allowed to follow.
type Sender interface{ SendsTo() string }

// New reads the assets. Messages and pages are read when somebody first wants one: doing all of it at the start was more than half
// of the time until it answers.
func New(name string, clock core.Clock) (*Renderer, error) {
	r := &Renderer{clock: clock, name: name, pages: map[string]func() (*template.Template, error){}, assets: map[string]asset{}, urls: map[string]string{}, catalogue: sync.OnceValues(loadCatalogue)}
	if err := r.loadAssets(); err != nil {
		return nil, err
	}
	return r, r.loadTemplates()
}

// Site is the name of this deployment.
func (r *Renderer) Site() string { return r.name }

// loadAssets names each file by its content, so that it may be cached for ever.
func (r *Renderer) loadAssets() error {
	kinds := map[string]string{"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
	files, err := assetFiles.ReadDir("assets")
	if err != nil {
		return err
	}
	for _, file := range files {
		body, err := assetFiles.ReadFile("assets/" + file.Name())
		if err != nil {
			return err
		}
		base, ending, _ := strings.Cut(file.Name(), ".")
		sum := sha256.Sum256(body)
		name := base + "." + hex.EncodeToString(sum[:6]) + "." + ending
		r.assets[name] = asset{body, kinds[ending]}
		r.urls[file.Name()] = "/assets/" + name
	}
	return nil
}

func (r *Renderer) loadTemplates() error {
	shared, err := template.New("").Funcs(template.FuncMap{
		"asset":    func(name string) string { return r.urls[name] },
		"mistakes": mistakesOf,
		"wrong":    wrongOf,
		"parts":    func(v view, list []Part) parts { return parts{v, list} },
		"codebox":  func(v view, id, text string) codebox { return codebox{v, id, text} },
		"oldway":   func(v view, w OldWay) oldWay { return oldWay{v, w} },
		"ending":   func(v view, t OldWayTotal) ending { return ending{v, t} },
		"credentials": func(v view, app core.App, secret, issuer string) credentials {
			return credentials{v, app, secret, issuer}
		},
		// Message ids cannot hold a dot inside a word.
		"profile": func(p core.Profile) string { return "profile." + strings.ReplaceAll(string(p), ".", "_") },
	}).ParseFS(templateFiles, "templates/layout/*.html")
	if err != nil {
		return fmt.Errorf("load templates: %w", err)
	}
	files, err := templateFiles.ReadDir("templates")
	if err != nil {
		return err
	}
	for _, file := range files {
		if file.IsDir() {
			continue
		}
		r.pages[strings.TrimSuffix(file.Name(), ".html")] = sync.OnceValues(func() (*template.Template, error) {
			page, err := shared.Clone()
			if err != nil {
				return nil, err
			}
			return page.ParseFS(templateFiles, "templates/"+file.Name())
		})
	}
	return nil
}

// view is what a template sees.
type view struct {
	words
	Page    any
	Visitor Visitor
	Site    string
	Path    string
	waiting string // an app's request, sealed, if the page belongs to one
	now     time.Time
}

// Render draws a page. Drawing goes into memory first, so that a failure half way is an error and not half a page.
func (r *Renderer) Render(w http.ResponseWriter, req *http.Request, status int, page Page) error {
	made, ok := r.pages[page.Template()]
	if !ok {
		return fmt.Errorf("render: no template %q", page.Template())
	}
	tmpl, err := made()
	if err != nil {
		return fmt.Errorf("render %s: %w", page.Template(), err)
	}
	words, err := r.catalogue()
	if err != nil {
		return fmt.Errorf("render %s: %w", page.Template(), err)
	}
	v := view{
		words: words.forHeader(req.Header.Get("Accept-Language")), Page: page,
		Visitor: VisitorOf(req), Site: r.name, Path: req.URL.Path, now: r.clock.Now(),
		waiting: cmp.Or(req.URL.Query().Get("i"), req.PostForm.Get("i")),
	}
	var body bytes.Buffer
	if err := tmpl.ExecuteTemplate(&body, "layout", v); err != nil {
		return fmt.Errorf("render %s: %w", page.Template(), err)
	}
	SecureHeaders(w.Header(), page)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err = w.Write(body.Bytes())
	return err
}

// SecureHeaders sets what every page carries, errors included.
func SecureHeaders(h http.Header, page Page) {
	formAction := "'self'"
	if sender, ok := page.(Sender); ok && plainSource(sender.SendsTo()) {
		// Browsers apply form-action to the redirect that follows a POST, too.
		formAction += " " + sender.SendsTo()
	}
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "+
		"form-action "+formAction+"; frame-ancestors 'none'; base-uri 'none'")
	if own, ok := page.(stylist); ok {
		h.Set("Content-Security-Policy", ownStyle(own.Stylesheet()))
	}
	// RFC 9700 §4.16: no page of ours in a frame. The older header is for browsers that do not know CSP.
	h.Set("X-Frame-Options", "DENY")
	// RFC 9700 §4.2: addresses here can hold what other sites must not learn. Same-origin keeps Origin on forms.
	h.Set("Referrer-Policy", "same-origin")
	if _, secret := page.(interface{ Unreferred() }); secret {
		h.Set("Referrer-Policy", "no-referrer")
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-store")
}

// plainSource keeps an origin from being more than one source of one directive, whatever was once registered.
func plainSource(origin string) bool {
	for _, c := range origin {
		if c <= 0x20 || c > 0x7e || strings.ContainsRune(";,'\"", c) {
			return false
		}
	}
	return origin != ""
}

// Asset serves a file by its content name.
func (r *Renderer) Asset(w http.ResponseWriter, name string) error {
	file, ok := r.assets[name]
	if !ok {
		return core.ErrNotFound
	}
	w.Header().Set("Content-Type", file.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, err := w.Write(file.body)
	return err
}

// HeadTitle is the document's title.
func (v view) HeadTitle() (string, error) {
	id, pairs := v.Page.(Page).Title()
	title, err := v.T(id, pairs...)
	if err == nil && v.refused() {
		title, err = v.T("layout.wrong_title", "Title", title)
	}
	return title + " · " + v.Site, err
}

func (v view) refused() bool {
	page, ok := v.Page.(interface{ Refused() bool })
	return ok && page.Refused()
}

// SummaryFirst reports whether the focus goes to the summary of what is wrong, rather than to the one field that is
// certainly to be filled in again.
func (v view) SummaryFirst() bool {
	_, signIn := v.Page.(SignIn)
	return !signIn
}

// Wide reports whether the page belongs to the portal, with its navigation.
func (v view) Wide() bool {
	_, ok := v.Page.(interface{ Wide() })
	return ok
}

// At reports whether the page lies under a path, for the navigation.
func (v view) At(path string) bool { return v.Path == path || strings.HasPrefix(v.Path, path+"/") }

// SwitchLink leads to where somebody else signs in. An app's request that waits goes along.
func (v view) SwitchLink() string { return withWaiting(PathSignIn, v.waiting, "") }

// Initial is the letter that stands for an app without a logo.
func (v view) Initial(name string) string {
	for _, c := range name {
		return strings.ToUpper(string(c))
	}
	return "?"
}

// Hue is a colour class that an id always gets again.
func (v view) Hue(id any) string {
	h := fnv.New32a()
	fmt.Fprint(h, id)
	return fmt.Sprintf("hue-%d", h.Sum32()%8)
}

// Ago tells a time relative to now, with the exact one for those who need it.
func (v view) Ago(t time.Time) (template.HTML, error) {
	id, count := span(v.now.Sub(t))
	text, err := v.T(id, "Count", count)
	return timeElement(t, text), err
}

func timeElement(t time.Time, text string) template.HTML {
	return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`, // digits and catalogue text only
		t.Format(time.RFC3339), t.Format("2 January 2006, 15:04 UTC"), template.HTMLEscapeString(text)))
}

func span(d time.Duration) (string, int) {
	switch {
	case d < time.Minute:
		return "time.now", 0
	case d < time.Hour:
		return "time.minutes", int(d / time.Minute)
	case d < 48*time.Hour:
		return "time.hours", int(d / time.Hour)
	}
	return "time.days", int(d / (24 * time.Hour))
}

// Until tells a time to come relative to now, with the exact one for those who need it.
func (v view) Until(t time.Time) (template.HTML, error) {
	id, count := span(t.Sub(v.now) + time.Minute - 1) // what was to last a week has a week still when it is shown
	text, err := v.T("until."+strings.TrimPrefix(id, "time."), "Count", count)
	return timeElement(t, text), err
}

// Event says in words what a line of the change log tells. One that has no words yet is shown by its name.
func (v view) Event(kind core.EventKind) string {
	text, err := v.T("event." + strings.ReplaceAll(string(kind), ".", "_"))
	if err != nil {
		return string(kind)
	}
	return text
}

// Device names a browser and its system, as far as they are known.
func (v view) Device(userAgent string) (string, error) {
	d := DeviceOf(userAgent)
	switch {
	case d.Browser == "" && d.System == "":
		return v.T("sessions.unknown")
	case d.Browser == "":
		return v.T("sessions.system", "System", d.System)
	case d.System == "":
		return d.Browser, nil
	}
	return v.T("sessions.device", "Browser", d.Browser, "System", d.System)
}

// Place is where an address is, roughly.
func (v view) Place(address string) string { return PlaceOf(address) }

// Lang is the language of the page.
func (v view) Lang() string { return v.tag.String() }

// mistakes, parts, codebox and credentials are what the parts of the same name draw.
type mistakes struct {
	View  view
	Field string
	Wrong []Problem
}

func mistakesOf(v view, field string) mistakes {
	page, ok := v.Page.(interface{ Wrong(string) []Problem })
	if !ok {
		return mistakes{View: v}
	}
	return mistakes{v, field, page.Wrong(field)}
}

// wrongOf says of a field to screen readers that it is wrong, and where it says why; others are described elsewhere.
func wrongOf(v view, field string, others ...string) template.HTMLAttr {
	described := others
	attributes := ""
	if len(mistakesOf(v, field).Wrong) > 0 {
		attributes = ` aria-invalid="true"`
		described = append([]string{field + "-mistake"}, others...)
	}
	if len(described) > 0 {
		attributes += ` aria-describedby="` + strings.Join(described, " ") + `"`
	}
	return template.HTMLAttr(attributes)
}

type parts struct {
	View view
	List []Part
}

type codebox struct {
	View     view
	ID, Text string
}

// credentials are what an app is configured with; without a secret there is nothing to be stored at once.
type credentials struct {
	View           view
	App            core.App
	Secret, Issuer string
}

func (c credentials) ClientID() codebox  { return codebox{c.View, "client_id", c.App.ClientID} }
func (c credentials) SecretBox() codebox { return codebox{c.View, "client_secret", c.Secret} }
