package web

import (
	"net/url"
	"testing"
)

// AU10: whatever comes in, a browser on our page resolves the result to our own host.
func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/", "/a?b=c", "//evil", `/\evil`, "/%09/evil", "/%5cevil", "https://evil", "/\t/evil"} {
		f.Add(seed)
	}
	base, _ := url.Parse("https://us.example/signin")
	f.Fuzz(func(t *testing.T, s string) {
		path := LocalPath(s)
		if path == "" {
			return
		}
		to, err := base.Parse(path)
		if err != nil || to.Host != base.Host || to.Scheme != base.Scheme {
			t.Errorf("%q leads to %v, %v", s, to, err)
		}
	})
}
