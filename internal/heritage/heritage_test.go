package heritage

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"launchpad/internal/web"
	"launchpad/oauth"
)

func FuzzPresent(f *testing.F) {
	for _, seed := range [][2]string{
		{`Token token="abc"`, ""}, {"Token token=abc, nonce=x", ""}, {"OAuth abc", "oauth_token=abc"}, {`Token token="`, ""}, {"token", "access_token=a&bearer_token=b"},
		{"OAuth a b", ""}, {"", "oauth%5Ftoken=x&oauth_token=x"}, {"Bearer x", "access_token=%zz"}, {"OAuth \"", "a=b"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, header, query string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.RawQuery = query
		if header != "" {
			r.Header["Authorization"] = []string{header}
		}
		p, err := new(Door).Present(http.Header{}, r)
		if err != nil {
			if e := oauth.AsError(err); e.Status < 400 || e.Status >= 500 || strings.ContainsAny(e.Sentence(), "\"\\\r\n") {
				t.Errorf("%q %q: %v", header, query, err)
			}
			return
		}
		if p.Token == "" {
			t.Errorf("%q %q: neither a token nor an error", header, query)
		}
		if !p.InQuery() && !strings.Contains(header, p.Token) {
			t.Errorf("%q gave %q, which is not in it", header, p.Token)
		}
		if !p.InQuery() && p.Scheme == "" && !strings.EqualFold(header[:6], "Bearer") {
			t.Errorf("%q passes for the header of today", header)
		}
	})
}

func FuzzTokenRequest(f *testing.F) {
	for _, seed := range [][2]string{
		{"type=web_server&code=x", "client_id=a"}, {"client_id=a", "client_id=b"}, {"client_id=a", "client_id=a"}, {"grant_type=refresh_token", "type=refresh"},
		{"code=x&code=y", ""}, {"secret_type=hmac-sha256", "code=x"}, {"type=%00", ""}, {"refresh_token=x", "type="},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, query, body string) {
		r := httptest.NewRequest("POST", "/oauth/token", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.URL.RawQuery = query
		sent, err := read(r)
		if err != nil {
			if e := oauth.AsError(err); e.Status < 400 || e.Status >= 500 {
				t.Errorf("%q %q: status %d", query, body, e.Status)
			}
			return
		}
		form, f, err := tokenRequest(sent)
		switch {
		case err != nil:
			return
		case sent.Has("grant_type") && form.Get("grant_type") != sent.Get("grant_type"):
			t.Errorf("%q %q: grant_type %q became %q", query, body, sent.Get("grant_type"), form.Get("grant_type"))
		case f != later && form.Get("grant_type") == "":
			t.Errorf("%q %q: %s was not translated", query, body, f)
		case sent.Repeated("code") && !form.Repeated("code"), sent.Repeated("client_id") && !form.Repeated("client_id"):
			t.Errorf("%q %q: a repetition was lost", query, body)
		}
	})
}

// RFC 6749 §3.1: what two places say differently is a repetition, and what they say alike is none.
func TestAgreedForms(t *testing.T) {
	for _, c := range []struct {
		query, body string
		repeated    bool
	}{
		{"a=1", "a=1", false}, {"a=1", "a=2", true}, {"a=1&a=1", "", true}, {"", "a=1&a=1", true}, {"a=1", "b=1", false}, {"a=", "a=1", true}, {"a=", "a=", false},
	} {
		r := httptest.NewRequest("POST", "/oauth/token?"+c.query, strings.NewReader(c.body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		form, err := read(r)
		if err != nil || form.Repeated("a") != c.repeated {
			t.Errorf("%s and %s: repeated=%v, %v", c.query, c.body, form.Repeated("a"), err)
		}
	}
}

// What nearly every request looks like costs the door nothing.
func TestTheDoorCostsNothing(t *testing.T) {
	r := httptest.NewRequest("POST", "/oauth/token", strings.NewReader("grant_type=refresh_token&refresh_token=x"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json, */*")
	form, err := read(r)
	if err != nil || showsAge(r, form) {
		t.Fatalf("a request of today shows age: %v", err)
	}
	if n := testing.AllocsPerRun(100, func() { showsAge(r, form) }); n > 0 {
		t.Errorf("%v allocations for each token request", n)
	}
	call := httptest.NewRequest("GET", "/v3/dashboards", nil)
	call.Header["Authorization"] = []string{"Bearer lp_at_x"}
	door, answer := new(Door), http.Header{}
	if n := testing.AllocsPerRun(100, func() { _, _ = door.Present(answer, call) }); n > 0 {
		t.Errorf("%v allocations for each call", n)
	}
}

func TestAccepted(t *testing.T) {
	for line, want := range map[string]web.Format{
		"": web.JSON, "*/*": web.JSON, "application/xml": web.XML, "Application/XML; q=0.5": web.XML, "text/xml": web.XML, "text/html, application/xml": web.XML,
		"application/json, application/xml": web.JSON, "*/*; q=0.5, application/xml": web.JSON, "application/x-www-form-urlencoded": web.FormEncoded, "x": web.JSON,
	} {
		h := http.Header{}
		if line != "" {
			h.Set("Accept", line)
		}
		if got := accepted(h); got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}

// A number is written as one only where every reader of JSON keeps it exactly.
func TestOwnersAreNumbersWhereTheyWere(t *testing.T) {
	for id, want := range map[ownerID]string{
		"7": "7", "0": "0", "123456789012345": "123456789012345", "1234567890123456": `"1234567890123456"`, "007": `"007"`, "-1": `"-1"`, "1.5": `"1.5"`, "1e3": `"1e3"`,
		"": `""`, "a\"b": `"a\"b"`, "018f7a2e-0000-7000-8000-000000000000": `"018f7a2e-0000-7000-8000-000000000000"`,
	} {
		if got, err := json.Marshal(id); err != nil || string(got) != want {
			t.Errorf("%s: %s, %v", id, got, err)
		}
	}
}
