package web

import (
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"launchpad/oauth"
)

// What people type unseen is never sent back: every such field of every form is known by its name.
func TestSecretFieldsAreKnownByTheirNames(t *testing.T) {
	found := 0
	err := fs.WalkDir(templateFiles, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path == "templates/failure.html" {
			return err
		}
		text, err := fs.ReadFile(templateFiles, path)
		for _, input := range regexp.MustCompile(`<input[^>]*type="password"[^>]*>`).FindAllString(string(text), -1) {
			found++
			if name := regexp.MustCompile(` name="([^"]*)"`).FindStringSubmatch(input); name == nil || !secretField(name[1]) {
				t.Errorf("%s: %s", path, input)
			}
		}
		return err
	})
	if err != nil || found < 5 {
		t.Errorf("%d fields, %v", found, err)
	}
	if form := AgainOf(&http.Request{URL: new(url.URL), PostForm: url.Values{"csrf": {"t"}, "current_password": {"a"}, "password": {"b"}, "name": {"c"}}}); len(form.Kept) != 1 || len(form.Secrets) != 2 || form.Secrets[1].Label != "password.new" {
		t.Errorf("%+v", form)
	}
}

func TestDifferencesAreMarkedByPartsOfTheAddress(t *testing.T) {
	for _, c := range []struct{ got, want, marks string }{
		{"https://a.example/cb", "https://a.example/cb", ""},
		{"http://a.example/cb", "https://a.example/cb", "http://"},
		{"https://b.example/cb", "https://a.example/cb", "b.example"},
		{"https://a.example:8443/cb", "https://a.example/cb", ":8443"},
		{"https://a.example/cb", "https://a.example:8443/cb", "(nothing)"},
		{"https://a.example", "https://a.example/", "(nothing)"},
		{"https://a.example/cb/elsewhere", "https://a.example/cb", "/cb/elsewhere"},
		{"https://a.example/cb?x=1", "https://a.example/cb?x=2", "?x=1"},
		{"https://a.example/cb", "https://a.example/cb?x=2", "(nothing)"},
		{"https://a.example/cb#", "https://a.example/cb", "#"},
		{"http://[::1]:80/cb", "http://[::1]/cb", ":80"},
		{"com.example.app:/a", "com.example.app:/b", "/a"},
		{"com.example.app:/a", "https://a.example/a", "com.example.app: (nothing)"},
		{"no client_id", "the client_id from the app's page", ""},
		{"app.example/cb", "https://app.example/cb", ""},
		{"https://a.example/x", "https://a.example/cb or https://b.example/cb", ""},
		{"https://a.example/%zz", "https://a.example/cb", ""},
		{"", "https://a.example/cb", ""},
	} {
		whole, marks := "", []string{}
		for _, part := range marked(c.got, c.want) {
			whole += part.Text
			if part.Differs && part.Text == "" {
				part.Text = "(nothing)"
			}
			if part.Differs {
				marks = append(marks, part.Text)
			}
		}
		if whole != c.got {
			t.Errorf("%q became %q", c.got, whole)
		}
		if got := strings.Join(marks, " "); got != c.marks {
			t.Errorf("%q beside %q: marked %q, want %q", c.got, c.want, got, c.marks)
		}
	}
}

func TestWireNamesInASentenceAreCode(t *testing.T) {
	for description, want := range map[string]string{
		"the request names no app: client_id is missing": "The request names no app: [client_id] is missing.",
		"redirect_uri is missing":                        "[redirect_uri] is missing.",
		"send response_type=code":                        "Send [response_type=code].",
		"go back":                                        "Go back.",
		"":                                               "",
	} {
		got := ""
		for _, word := range (Failure{Error: &oauth.Error{Description: description}}).Sentence() {
			if word.Code {
				word.Text = "[" + word.Text + "]"
			}
			got += word.Text
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
