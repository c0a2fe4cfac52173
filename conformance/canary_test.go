package conformance

import (
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/fetch"
	"launchpad/internal/lptest"
	"launchpad/internal/secret"
)

// CO17, HT13, ASVS 16.2.5: a secret is known to its owner alone. The test plants secrets of every class, sends them where
// they belong and everywhere else, and then looks for each of them, in every spelling, in all that outlives a request.

// canaries are the secrets, by what they are.
type canaries map[string]string

// random is a secret that a person makes up.
func random(what string) string { return what + "-" + rand.Text() }

// spellings is how a secret may turn up.
func spellings(secretText string) map[string]string {
	list := map[string]string{
		"raw": secretText, "reversed case": strings.ToUpper(secretText), "hex": hex.EncodeToString([]byte(secretText)),
		"URL": url.QueryEscape(secretText), "path": url.PathEscape(secretText), "quoted": strings.Trim(fmt.Sprintf("%q", secretText), `"`),
	}
	// In base64 a text is spelled in three ways, by where it begins; its ends depend on what is beside it.
	for skip := range 3 {
		for name, encoding := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			text := encoding.EncodeToString([]byte(strings.Repeat("x", skip) + secretText))
			list[fmt.Sprint(name, skip)] = text[4 : len(text)-4]
		}
	}
	if payload := body(secretText); payload != "" {
		for i := 0; i+16 <= len(payload); i += 16 {
			list[fmt.Sprint("part ", i)] = payload[i : i+16]
		}
		for _, prefix := range prefixes {
			if raw, ok := secret.Decode(prefix, secretText); ok {
				list["inside, hex"], list["inside, base64"] = hex.EncodeToString(raw), base64.RawStdEncoding.EncodeToString(raw)[:len(raw)]
				list["inside, base64url"] = base64.RawURLEncoding.EncodeToString(raw)[:len(raw)]
			}
		}
	}
	return list
}

var prefixes = []secret.Prefix{secret.AccessToken, secret.RefreshToken, secret.Code, secret.PersonalToken, secret.AppSecret, secret.Session, secret.Interaction, secret.SetupLink,
	secret.Device, secret.Invitation, secret.Registration, secret.Site}

// ASVS §16.2.5: the search knows every kind of string that is declared.
func TestTheSearchKnowsEveryPrefix(t *testing.T) {
	source, err := os.ReadFile("../internal/secret/token.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`"(lp_[a-z]+_)"`).FindAllStringSubmatch(string(source), -1)
	if len(declared) != len(prefixes) {
		t.Errorf("%d prefixes are declared, and %d are known here", len(declared), len(prefixes))
	}
	for _, d := range declared {
		if !slices.Contains(prefixes, secret.Prefix(d[1])) {
			t.Errorf("no canary begins with %s", d[1])
		}
	}
}

// body is the part of a token that is not the same in all of them: behind the prefix, before the checksum. The first part
// of a JWT says nothing that is secret.
func body(token string) string {
	for _, prefix := range prefixes {
		if rest, ok := strings.CutPrefix(token, string(prefix)); ok {
			if prefix == secret.Registration {
				rest = rest[len(secret.ClientID(core.ID{}))-len("app_"):] // it begins with the app's id, as its client_id does
			}
			return rest[:max(0, len(rest)-6)]
		}
	}
	if parts := strings.Split(token, "."); len(parts) == 3 {
		return parts[2]
	}
	return ""
}

// found lists which canaries a text holds, and how.
func (c canaries) found(text string) (list []string) {
	for what, canary := range c {
		for how, spelled := range spellings(canary) {
			if strings.Contains(text, spelled) {
				list = append(list, what+" ("+how+")")
			}
		}
	}
	return list
}

// dump is everything that the database holds: each column of each row, and, where it is a file, the file itself.
func dump(t *testing.T, s *lptest.Server) string {
	t.Helper()
	text := strings.Join(rows(t, s), "\n")
	if engine, dsn := s.Database(); engine == "sqlite" {
		files, _ := filepath.Glob(strings.TrimPrefix(dsn, "sqlite:") + "*")
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text += string(raw)
		}
	}
	return text
}

// rows is each row of each table.
func rows(t *testing.T, s *lptest.Server) (list []string) {
	t.Helper()
	tables := `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
	if engine, _ := s.Database(); engine == "sqlite" {
		tables = `SELECT name FROM sqlite_master WHERE type = 'table'`
	}
	db := database(t, s)
	names := column(t, db, tables)
	for _, known := range []string{"identities", "apps", "app_secrets", "sessions", "authorizations", "personal_tokens", "keys", "events"} {
		if !slices.Contains(names, known) {
			t.Fatalf("no table %s among %v; the dump is broken", known, names)
		}
	}
	for _, name := range names {
		for _, row := range column(t, db, `SELECT * FROM "`+name+`"`) {
			list = append(list, name+": "+row)
		}
	}
	return list
}

// database opens what the server keeps, beside it.
func database(t *testing.T, s *lptest.Server) *sql.DB {
	t.Helper()
	engine, dsn := s.Database()
	driver := "pgx"
	if engine == "sqlite" {
		driver, dsn = "sqlite", strings.TrimPrefix(dsn, "sqlite:")
	}
	dsn, _, _ = strings.Cut(dsn, "?") // what follows is for a pool
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// column gives each row as text.
func column(t *testing.T, db *sql.DB, query string) (list []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, targets := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		list = append(list, strings.Trim(fmt.Sprint(values...), "[]"))
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return list
}

// flow is the test on its way: it keeps every secret it meets, and what the refusals said.
type flow struct {
	t        *testing.T
	s        *lptest.Server
	secrets  canaries
	refusals map[string]string // bodies, by what was asked
}

// answered keeps the body of a refusal: that of somebody else's secret, or of one's own in the wrong place.
func (f *flow) answered(what string, status int, body string) {
	if status >= 400 {
		f.refusals[what] = body
	}
}

func (f *flow) keep(what, value string) string {
	f.t.Helper()
	if value == "" {
		f.t.Fatalf("there is no %s; this test would prove nothing", what)
	}
	f.secrets[what] = value
	return value
}

func TestASVS_16_2_5_SecretsStayWhereTheyBelong(t *testing.T) {
	for name, api := range map[string]lptest.Option{
		"API answers": lptest.WithLocalAPI(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })),
		"API panics":  lptest.WithLocalAPI(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { var m map[string]string; m["x"] = r.URL.String() })),
		"API is away": lptest.WithUpstream(t, nil),
	} {
		t.Run(name, func(t *testing.T) {
			lptest.EachServer(t, func(t *testing.T, s *lptest.Server) {
				f := &flow{t: t, s: s, secrets: canaries{}, refusals: map[string]string{}}
				f.operators()
				f.people()
				f.newcomers()
				f.apps()
				f.strangers()
				f.tokens()
				f.draft5()
				if name == "API answers" {
					for what, value := range f.secrets {
						f.astray(what, value)
					}
				}
				f.search()
			}, api, lptest.WithSignUp(core.SignUpInvitation), lptest.WithAgents(fetch.Options{}))
		})
	}
}

// The link of the first start, and what the first operator types there.
func TestASVS_16_2_5_TheSetupLinkStaysWhereItBelongs(t *testing.T) {
	lptest.EachEngine(t, func(t *testing.T, e lptest.Engine) {
		s, link := lptest.StartEmpty(t, e)
		f := &flow{t: t, s: s, secrets: canaries{}, refusals: map[string]string{}}
		token := f.keep("setup link", between(link+"&", "lp_su_"))
		f.keep("password of the first operator", random("operator"))
		b := s.Browser()
		form := f.unreferred(b.Get(link)).Hidden()
		for field, value := range map[string]string{"name": "", "email": "ada@example.com", "password": f.secrets["password of the first operator"], "account_name": "Sample Ada"} {
			form.Set(field, value)
		}
		f.form("set up without a name", b.Post("/setup", form), token)
		form.Set("name", "Ada Operator")
		if page := b.Post("/setup", form); page.URL.Path != "/oauth/applications" {
			t.Fatalf("set up: %d %s", page.Status, page.URL)
		}
		page := b.Get(link)
		f.answered("the link again", page.Status, page.Body)
		f.astray("setup link", token)
		f.look(map[string]string{"the log": s.Log.String(), "the metrics": s.Metrics(), "the database": dump(t, s), "the first operator's page": b.Get("/account").Body})
	})
}

// people sign in, rightly and wrongly.
func (f *flow) people() {
	f.keep("wrong password", random("wrong"))
	b := f.s.Browser()
	page := b.SignIn(b.Get("/signin"), f.s.Person.Email, f.secrets["wrong password"])
	f.answered("sign in", page.Status, page.Body)
	page = b.SignIn(b.Get("/signin"), f.secrets["wrong password"], f.secrets["wrong password"]) // both fields
	f.keep("password", lptest.Password)
	b = f.s.SignedIn(f.s.Person.Email)
	f.keep("session cookie", b.Cookie("lp_session"))
	f.keep("browser cookie", b.Cookie("lp_browser"))
	f.keep("device cookie", b.Cookie("lp_device"))
	f.keep("form token", b.Get("/oauth/applications").Hidden().Get("csrf"))
}

// operators give the server what opens its database.
func (f *flow) operators() {
	f.keep("master key", lptest.MasterKey)
	if engine, dsn := f.s.Database(); engine == "postgres" {
		address, err := url.Parse(dsn)
		if err != nil {
			f.t.Fatal(err)
		}
		password, _ := address.User.Password()
		f.keep("database password", password)
	}
}

// newcomers are invited, sign up, change their password, and join an account.
func (f *flow) newcomers() {
	operator := f.s.SignedIn(f.s.Person.Email)
	page := operator.Post("/people/invitations", operator.Get("/people/invitations").Hidden())
	code := f.keep("sign-up code", between(page.Body, "lp_iv_"))
	first, second := f.keep("password of a new ID", random("first")), f.keep("changed password", random("second"))
	b := f.s.Browser()
	signup := f.unreferred(b.Get("/signup?code=" + code))
	f.form("sign up without a name", signUp(b, signup, "nora@example.com", "password", first, "name", ""), code)
	page = signUp(b, signup, "nora@example.com", "password", first)
	if page = b.SignIn(page, "nora@example.com", first); page.URL.Path != "/oauth/applications" {
		f.t.Fatalf("the new ID does not sign in: %d %s", page.Status, page.URL)
	}
	f.form("sign up with a used code", signUp(f.s.Browser(), signup, "olaf@example.com", "password", first), code)

	change := b.Get("/account/password").Hidden()
	change.Set("password", second)
	change.Set("current_password", second)
	page = b.Post("/account/password", change)
	f.answered("a change with the wrong password", page.Status, page.Body)
	change.Set("current_password", first)
	if page = b.Post("/account/password", change); page.Status != http.StatusOK {
		f.t.Fatalf("the password does not change: %d", page.Status)
	}
	f.keep("device cookie of a new ID", b.Cookie("lp_device"))

	invitation := f.keep("invitation", invited(f.t, f.s, f.s.Person, "nora@example.com", core.RoleMember))
	page = f.unreferred(b.Get("/invitations?code=" + invitation))
	b.Post("/invitations", page.Hidden())
	page = b.Post("/invitations", page.Hidden())
	f.answered("an invitation again", page.Status, page.Body)
}

// form keeps the body of a refused form, which comes back with the code that its sender needs once more.
func (f *flow) form(what string, page lptest.Page, code string) {
	f.answered(what, page.Status, strings.ReplaceAll(page.Body, code, ""))
}

// unreferred is a page with a secret in its address, of which browsers must not tell other sites.
func (f *flow) unreferred(page lptest.Page) lptest.Page {
	f.t.Helper()
	if got := page.Header.Get("Referrer-Policy"); page.Status != http.StatusOK || got != "same-origin" && got != "no-referrer" {
		f.t.Errorf("%s: %d, Referrer-Policy %q", page.URL.Path, page.Status, got)
	}
	return page
}

// strangers are apps that register themselves.
func (f *flow) strangers() {
	_, made := registered(f.t, f.s, `{"client_name":"Sample Agent","redirect_uris":["https://app.example/callback"]}`)
	f.keep("registration token", made.Text("registration_access_token"))
	_, other := registered(f.t, f.s, `{"client_name":"Other Agent","redirect_uris":["https://app.example/callback"]}`)
	path := "/oauth/register/" + other.Text("client_id")
	f.program("registration of another app", f.s.Do(withHeader(f.s.Request("GET", path, ""), "Authorization", "Bearer "+f.secrets["registration token"])))
}

// apps are registered, and get personal tokens, in the portal.
func (f *flow) apps() {
	b := f.s.SignedIn(f.s.Person.Email)
	form := b.Get("/oauth/applications/new").Hidden()
	for field, value := range map[string]string{"client_name": "Canary", "account": f.s.First.ID.String(), "redirect_uri": lptest.Redirect} {
		form.Set(field, value)
	}
	page := b.Post("/oauth/applications", form)
	f.keep("app secret", between(page.Body, "lp_cs_"))
	form = b.Get("/oauth/applications/" + f.s.Web.ID.String()).Hidden()
	form.Set("token_name", "Canary")
	page = b.Post("/oauth/applications/"+f.s.Web.ID.String()+"/tokens", form)
	f.keep("personal token", between(page.Body, "lp_pat_"))
	f.keep("web secret", f.s.Web.Secret)
}

// between finds the first token of a kind on a page.
func between(page, prefix string) string {
	at := strings.Index(page, prefix)
	if at < 0 {
		return ""
	}
	end := strings.IndexFunc(page[at:], func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	return page[at : at+end]
}

// tokens are issued, refreshed, replayed, used and revoked.
func (f *flow) tokens() {
	s := f.s
	b := s.SignedIn(s.Person.Email)
	page := f.unreferred(b.Get("/oauth/authorize?" + s.Web.Request().Encode()))
	f.keep("interaction", page.URL.Query().Get("i"))
	page = b.Answer(page, lptest.Choice{})
	f.keep("code", page.Param("code"))
	first := s.Redeem(s.Web, f.secrets["code"])
	f.keep("access token", first.Text("access_token"))
	f.keep("refresh token", first.Text("refresh_token"))
	f.api("access token")
	f.api("personal token")
	second := s.Refresh(s.Web, f.secrets["refresh token"])
	f.keep("second refresh token", second.Text("refresh_token"))
	f.keep("second access token", second.Text("access_token"))
	f.program("refresh by another app", s.Refresh(s.Public, f.secrets["second refresh token"]))
	f.program("code again", s.Redeem(s.Web, f.secrets["code"])) // ends both
	f.program("refresh after that", s.Refresh(s.Web, f.secrets["second refresh token"]))

	third := s.Tokens(s.Public)
	f.keep("public refresh token", third.Text("refresh_token"))
	f.keep("code verifier", lptest.Verifier)
	f.program("introspection by a public app", s.PostAs(s.Public, "/oauth/introspect", lptest.Form("token", f.secrets["public refresh token"])))
	f.program("introspection", s.PostAs(s.Web, "/oauth/introspect", lptest.Form("token", f.secrets["second access token"])))
	f.program("revocation by another app", s.PostAs(s.Web, "/oauth/revoke", lptest.Form("token", f.secrets["public refresh token"])))
	f.program("revocation in the query", s.Do(s.Request("POST", "/oauth/revoke?token="+f.secrets["public refresh token"], "")))
	f.program("revocation of a personal token", s.Do(s.Request("POST", "/oauth/revoke", "token="+f.secrets["personal token"])))
	f.api("access token") // revoked by now
}

// draft5 takes secrets in addresses, where they must leave no more behind than elsewhere.
func (f *flow) draft5() {
	s := f.s
	app := oldApp(s)
	f.keep("old secret", app.Secret)
	credentials := "client_id=" + app.ClientID + "&client_secret=" + app.Secret + "&redirect_uri=" + url.QueryEscape(lptest.Redirect)
	f.keep("old code", s.Code(app))
	a := s.Do(s.Request("POST", "/authorization/token?type=web_server&"+credentials+"&code="+f.secrets["old code"], ""))
	f.keep("old access token", a.Text("access_token"))
	f.keep("old refresh token", a.Text("refresh_token"))
	for _, path := range []string{"/v3/dashboards", "/oauth/token/info", "/authorization.json", "/authorization.xml"} {
		for _, name := range []string{"access_token", "oauth_token", "bearer_token"} {
			r := s.Request("GET", path+"?"+name+"="+f.secrets["old access token"], "")
			f.program("API by "+name+" and header", s.Do(withHeader(r, "Authorization", "OAuth "+f.secrets["old access token"])))
			r = s.Request("GET", path+"?"+name+"="+f.secrets["old refresh token"], "")
			f.program("API by "+name+", two tokens", s.Do(withHeader(r, "Authorization", "Token token="+f.secrets["old access token"])))
		}
	}
	for _, format := range []string{"json", "xml", "form"} {
		f.program("old code again, "+format, s.Do(s.Request("GET", "/oauth/access_token?format="+format+"&"+credentials+"&code="+f.secrets["old code"], "")))
		f.program("old refresh, dead, "+format, s.Do(s.Request("POST", "/oauth/token?type=refresh&format="+format+"&"+credentials+"&refresh_token="+f.secrets["old refresh token"], "")))
		f.program("old refresh of another app, "+format, s.Do(s.Request("POST", "/oauth/token?type=refresh&format="+format+"&client_id="+s.Web.ClientID+"&client_secret="+app.Secret+"&refresh_token="+f.secrets["old refresh token"], "")))
	}
	page := s.SignedIn(s.Person.Email).Get("/authorization/new?type=user_agent&client_id=" + app.ClientID + "&redirect_uri=" + url.QueryEscape(lptest.Redirect))
	f.keep("token in the fragment", page.Fragment("access_token"))
}

// api calls with a token in the header and in the query.
func (f *flow) api(what string) {
	f.program("API, "+what, f.s.Call(f.secrets[what]))
	f.program("API by query, "+what, f.s.Do(f.s.Request("GET", "/v3/dashboards?a=b&access_token="+f.secrets[what], "")))
	f.program("API, two tokens, "+what, f.s.Do(withHeader(f.s.Request("GET", "/v3/dashboards?access_token="+f.secrets[what], ""), "Authorization", "Bearer "+f.secrets[what])))
}

func (f *flow) program(what string, a lptest.Answer) { f.answered(what, a.Status, a.Body) }

func withHeader(r *http.Request, name, value string) *http.Request {
	r.Header.Set(name, value)
	return r
}

// astray sends a secret wherever it does not belong. What the answer says is the sender's own, so nobody looks at it.
func (f *flow) astray(what, value string) {
	s, query := f.s, url.QueryEscape(value)
	var list []*http.Request
	for _, path := range []string{"/", "/oauth/token/", "/docs/errors/", "/oauth/applications/", "/assets/", "/v3/", "/v3/dashboards/", "/v3/accounts/" + query + "/dashboards/", "/setup/"} {
		list = append(list, s.Request("GET", path+url.PathEscape(value), ""), s.Request("POST", path+url.PathEscape(value), "a=b"))
	}
	for _, name := range []string{"client_secret", "code", "access_token", "oauth_token", "bearer_token", "type", "format", "refresh_token", "token", "state", "client_id", "redirect_uri", "i", value} {
		name = url.QueryEscape(name)
		for _, path := range []string{"/oauth/token", "/oauth/authorize", "/oauth/introspect", "/oauth/revoke", "/signin", "/setup", "/oauth/consent", "/oauth/authorize/continue", "/v3/dashboards", "/oauth/access_token", "/authorization/token", "/authorization/new", "/oauth/token/info", "/authorization.json", "/authorization.xml", "/oauth/authorize/native", "/oauth_clients",
			"/oauth/jwks", "/healthz", "/readyz", "/nowhere"} {
			list = append(list, s.Request("POST", path+"?"+name+"="+query, "a=b"), s.Request("GET", path+"?"+name+"="+query, ""))
		}
		for _, grant := range []string{"authorization_code", "refresh_token", "client_credentials", query} {
			list = append(list, s.Request("POST", "/oauth/token", "grant_type="+grant+"&client_id="+s.Web.ClientID+"&"+name+"="+query))
		}
	}
	for _, path := range []string{"/oauth/token", "/oauth/introspect", "/oauth/revoke"} {
		swapped := s.Request("POST", path, "grant_type=client_credentials&token=x")
		swapped.SetBasicAuth(value, s.Web.ClientID)
		both := s.Request("POST", path, "grant_type=client_credentials&token=x")
		both.SetBasicAuth(value, value)
		list = append(list, swapped, both, s.Request("POST", path, "grant_type=refresh_token&client_id="+query+"&client_secret="+query+"&token="+query+"&refresh_token="+query))
	}
	for _, header := range []string{"User-Agent", "Referer", "Cookie", "Accept", "Accept-Language", "Content-Type", "Origin", "X-Forwarded-For", "X-Real-Ip", "Forwarded", "X-Request-Id",
		"Traceparent", "Launchpad-Account", "Authorization", "If-None-Match", "Sec-Fetch-Site", "X-" + strings.Map(letters, value)} {
		list = append(list, withHeader(s.Request("GET", "/v3/dashboards", ""), header, value), withHeader(s.Request("POST", "/signin", "a=b"), header, value),
			withHeader(s.Request("POST", "/oauth/token", "a=b"), header, value))
	}
	for _, path := range []string{"/v3/dashboards", "/oauth/applications", "/signin"} {
		for _, scheme := range []string{"Bearer ", "Basic ", "Token ", "OAuth ", "Token token="} {
			list = append(list, withHeader(s.Request("GET", path, ""), "Authorization", scheme+value))
		}
		list = append(list, withHeader(s.Request("GET", path, ""), "Cookie", "lp_session="+value), withHeader(s.Request("GET", path, ""), "Cookie", value+"=x"))
	}
	list = append(list, s.Request(strings.Map(letters, value), "/oauth/token", ""), s.Request("POST", "/signin", "csrf="+query+"&email="+query+"&password="+query))
	list[0].Host = strings.ToLower(strings.Map(letters, value))
	for _, r := range list {
		if a := s.Do(r); a.Status == 500 && !strings.HasPrefix(r.URL.Path, "/v3/") {
			f.t.Errorf("%s in %s: %d", what, r.URL.Path, a.Status)
		}
	}
}

// letters keeps what may stand in a name.
func letters(r rune) rune {
	if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '-' {
		return r
	}
	return -1
}

// search looks through everything that is left.
func (f *flow) search() {
	f.t.Helper()
	f.s.Settle()
	log := f.s.Log.String()
	for _, word := range []string{`"slug":"code_replayed"`, `"grant":"refresh_token"`, `"route":"/v3/dashboards"`, `"app":"` + f.s.Web.ClientID} {
		if !strings.Contains(log, word) {
			f.t.Fatalf("the log has no %s; this test would prove nothing", word)
		}
	}
	places := map[string]string{"the log": log, "the metrics": f.s.Metrics(), "the database": dump(f.t, f.s)}
	other := f.s.NewPerson("other@example.com", true)
	b := f.s.SignedIn(other.Email)
	for _, path := range []string{"/oauth/applications", "/oauth/applications/" + f.s.Web.ID.String(), "/oauth/authorized_applications", "/accounts", "/docs", "/docs/errors", "/nowhere", "/oauth/authorize"} {
		places["another person's "+path] = b.Get(path).Body
	}
	owner := f.s.SignedIn(f.s.Person.Email)
	for _, path := range []string{"/oauth/applications", "/oauth/applications/" + f.s.Web.ID.String(), "/oauth/authorized_applications", "/people/invitations", home(f.s.First), "/account", "/account/sessions", "/account/data.json"} {
		page := owner.Get(path)
		places["the owner's "+path] = strings.ReplaceAll(page.Body, page.Hidden().Get("csrf"), "")
	}
	f.look(places)
	f.control()
}

func (f *flow) look(places map[string]string) {
	f.t.Helper()
	for what, text := range f.refusals {
		places["the refusal of "+what] = text
	}
	for place, text := range places {
		for _, hit := range f.secrets.found(text) {
			f.t.Errorf("%s: %s", place, hit)
		}
	}
}

// control proves the search: what is planted is found, in every spelling, in every place.
func (f *flow) control() {
	f.t.Helper()
	before := len(f.s.Log.String())
	for _, canary := range f.secrets {
		for _, spelled := range spellings(canary) {
			if _, err := f.s.Log.Write([]byte(`{"msg":"` + spelled + `"}` + "\n")); err != nil {
				f.t.Fatal(err)
			}
		}
	}
	hits := f.secrets.found(f.s.Log.String()[before:])
	for what, canary := range f.secrets {
		for how := range spellings(canary) {
			if !slices.Contains(hits, what+" ("+how+")") {
				f.t.Errorf("%s was written to the log, %s, and not found", what, how)
			}
		}
	}
	planted := canaries{"planted": random("name")}
	app := f.s.NewApp(planted["planted"], "web", lptest.Redirect)
	if got := planted.found(dump(f.t, f.s)); !slices.Contains(got, "planted (raw)") {
		f.t.Errorf("%s was stored as a name, and the dump does not show it: %v", app.Name, got)
	}
}
