package apps

import (
	"errors"
	"strings"
	"testing"

	"launchpad/internal/core"
	"launchpad/internal/fetch"
	"launchpad/oauth"
)

var guard = fetch.New(fetch.Options{Clock: core.SystemClock{}})

// DC03: readers of JSON differ in what they make of these, or have to work hard for them.
func TestDC03_WhatIsNoPlainObject(t *testing.T) {
	for _, bad := range []string{
		"", " ", "null", "[]", `"x"`, "{", "{}{}", `{"redirect_uris":["https://a.example/"]} x`, `{"a":1,"a":2}`, `{"x":{"b":1,"b":1}}`, `{"client_name":"a","client\u005fname":"b"}`,
		"{\"client_name\":\"\xff\"}", `{"x":` + strings.Repeat("[", 50) + strings.Repeat("]", 50) + "}", `{"x":` + strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5001),
	} {
		_, err := ReadMetadata([]byte(bad), guard.CheckURL)
		if e := oauth.AsError(err); err == nil || e.Slug != "metadata_malformed" || e.Code != "invalid_client_metadata" {
			t.Errorf("%.60q: %v", bad, err)
		}
	}
	m, err := ReadMetadata([]byte(`{"Redirect_URIs":["http://evil.example/"],"redirect_uris":["https://a.example/cb"],"x":{"y":[1,{"z":null}]},"resource":"https://b.example/"}`), guard.CheckURL)
	if err != nil || len(m.RedirectURIs) != 1 || m.RedirectURIs[0] != "https://a.example/cb" {
		t.Errorf("unknown members: %+v %v", m, err)
	}
}

func TestDocumentIDsAreOfNoOtherKind(t *testing.T) {
	a, b := documentID("https://a.example/c"), documentID("https://a.example/d")
	if a == b || a != documentID("https://a.example/c") || a[6]>>4 != 8 {
		t.Errorf("%s %s", a, b)
	}
}

func FuzzReadMetadata(f *testing.F) {
	for _, seed := range []string{
		`{"redirect_uris":["https://a.example/cb"]}`, `{"redirect_uris":["editor://x","http://localhost:8787/callback"],"client_name":"x","client_uri":"https://a.example"}`,
		`{"a":1,"a":2}`, `{"redirect_uris":null,"logo_uri":"http://127.0.0.1"}`, `{"redirect_uris":[["x"]]}`, `{"scope":"a  b","grant_types":["client_credentials"]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := ReadMetadata(body, guard.CheckURL)
		if err != nil {
			if _, ok := errors.AsType[*oauth.Error](err); !ok {
				t.Fatalf("%q: %v is no answer", body, err)
			}
			return
		}
		if len(m.RedirectURIs) == 0 || len(m.RedirectURIs) > maxRedirectURIs || m.Homepage != "" && guard.CheckURL(m.Homepage) != nil {
			t.Fatalf("%q passed: %+v", body, m)
		}
		for _, uri := range m.RedirectURIs {
			if strings.ContainsAny(uri, "\n\r\x00 <>\"") {
				t.Fatalf("%q passed", uri)
			}
		}
	})
}

func FuzzClientIDURL(f *testing.F) {
	for _, seed := range []string{"https://a.example/c", "https://a.example/a/%2e%2e/c", "https://a.example/", "https://a.example//c", "https://a.example/c?x"} {
		f.Add(seed)
	}
	s := &Strangers{options: StrangerOptions{Fetch: guard}}
	f.Fuzz(func(t *testing.T, clientID string) {
		if s.checkClientID(clientID) == nil && (!strings.HasPrefix(clientID, "https://") || strings.ContainsAny(clientID, "?#@\\ ") || strings.Contains(clientID, "/../") || strings.Count(clientID, "/") < 3) {
			t.Fatalf("%q passed", clientID)
		}
	})
}
