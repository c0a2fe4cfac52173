package gateway

import (
	"strings"
	"testing"
)

// RFC 9110 §11.6.1, RFC 9728 §5.1.
func TestChallengesSayWhereTheMetadataLies(t *testing.T) {
	const said = `resource_metadata="https://id.example.com/m"`
	for line, want := range map[string]string{
		"Bearer":                          "Bearer " + said,
		`Bearer realm="a"`:                "Bearer " + said + `, realm="a"`,
		`bearer  error="invalid_token"`:   "bearer " + said + `, error="invalid_token"`,
		`Basic realm="b", Bearer scope=a`: `Basic realm="b", Bearer ` + said + `, scope=a`,
		`Bearer, Basic realm="b"`:         "Bearer " + said + `, Basic realm="b"`,
		`Basic realm=", Bearer x"`:        `Basic realm=", Bearer x"`,
		`Basic realm="\", Bearer x"`:      `Basic realm="\", Bearer x"`,
		"Basic":                           "Basic", "": "", "Bearers x": "Bearers x", "DPoP algs=Bearer": "DPoP algs=Bearer",
	} {
		if got := withMetadata(line, "https://id.example.com/m"); got != want {
			t.Errorf("%s became %s, want %s", line, got, want)
		}
	}
}

func FuzzWithMetadata(f *testing.F) {
	for _, seed := range []string{"Bearer", `Bearer realm="a"`, `Basic realm="\", Bearer`, `a="`, `"\`, ",,Bearer\t,"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got := withMetadata(line, "m")
		before, after, added := strings.Cut(got, ` resource_metadata="m"`)
		if !added && got != line {
			t.Errorf("%q became %q", line, got)
		}
		if added && !strings.Contains(line, ` resource_metadata="m"`) && (!strings.HasPrefix(line, before) || !strings.HasSuffix(line, strings.TrimPrefix(after, ", "))) {
			t.Errorf("%q became %q: something else was lost", line, got)
		}
	})
}
