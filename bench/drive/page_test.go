package drive

import (
	"net/http"
	"testing"
)

func TestFormTakesHiddenFieldsButNotTheDecision(t *testing.T) {
	p := Page{Status: http.StatusOK, Body: `<input type="hidden" name="csrf" value="a&amp;b"><input type="hidden" name="i" value="1"><input type="hidden" name="act" value="switch">`}
	f, err := p.ConsentForm("account-1")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"csrf": "a&b", "i": "1", "act": "allow", "reach": "some", "account": "account-1", "default": "account-1"} {
		if got := f.Values.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, other := range []Page{{Status: http.StatusOK}, {Status: http.StatusServiceUnavailable, Body: p.Body}} {
		if _, err := other.Form("/x"); err == nil {
			t.Errorf("%s gave a form", other)
		}
	}
}

func TestPageTellsWhereTheAnswerGoes(t *testing.T) {
	for _, c := range []struct{ to, code, refusal string }{
		{"https://app.example/callback?code=abc&iss=x", "abc", ""},
		{"https://app.example/callback?error=consent_required", "", "consent_required"},
		{"/signin?code=abc", "", ""},
		{"", "", ""},
	} {
		p := Page{To: c.to}
		if p.Code() != c.code || p.Refusal() != c.refusal {
			t.Errorf("%q: code %q and error %q, want %q and %q", c.to, p.Code(), p.Refusal(), c.code, c.refusal)
		}
	}
}

func TestSecretsAreReadFromThePageThatShowsThemOnce(t *testing.T) {
	body := `<code id="client_id">app_1a</code><code id="client_secret">lp_cs_2b</code><code id="token">lp_pat_3c</code>`
	created := Page{Status: http.StatusCreated, Body: body}
	if app, ok := created.NewApp("https://app.example/"); !ok || app.ClientID != "app_1a" || app.Secret != "lp_cs_2b" {
		t.Errorf("new app is %+v, %t", app, ok)
	}
	if token, ok := created.NewPersonalToken(); !ok || token != "lp_pat_3c" {
		t.Errorf("new token is %q, %t", token, ok)
	}
	if _, ok := (Page{Status: http.StatusOK, Body: body}).NewApp(""); ok {
		t.Error("a page that is not 201 showed a new app")
	}
}
