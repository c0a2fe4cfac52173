package clientauth

import (
	"encoding/base64"
	"net/http"
	"slices"
	"testing"

	"launchpad/oauth"
)

func FuzzReadBasic(f *testing.F) {
	for _, seed := range []string{"", "Basic", "Basic YTpi", "basic YTpi", "Basic !!!", "Bearer x", "Basic YQ==", "Basic OmI="} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		_, _, err := readBasic(http.Header{"Authorization": {line}})
		if err != nil {
			if e := oauth.AsError(err); e.Status < 400 || e.Status >= 500 {
				t.Errorf("%q: status %d", line, e.Status)
			}
		}
	})
}

// CA04: encoded as the RFC wants, and not encoded as half of the libraries send it.
func TestRFC6749_2_3_1_BothReadingsOfASecret(t *testing.T) {
	for presented, want := range map[string][]string{
		"plain":        {"plain"},
		"with%3Acolon": {"with%3Acolon", "with:colon"},
		"with+plus":    {"with+plus", "with plus"},
		"100%":         {"100%"},
	} {
		line := "Basic " + base64.StdEncoding.EncodeToString([]byte("id:"+presented))
		c, ok, err := readBasic(http.Header{"Authorization": {line}})
		if !ok || err != nil || c.clientID != "id" || !slices.Equal(c.secrets, want) {
			t.Errorf("%q: %+v, %v, %v; want the readings %q", presented, c, ok, err, want)
		}
	}
}
