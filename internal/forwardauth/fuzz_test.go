package forwardauth

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// FuzzOriginal: what is read of a request says one thing, and where a browser is sent back to is the host that was asked about.
func FuzzOriginal(f *testing.F) {
	for _, seed := range [][4]string{
		{"GET", "https", "app.example.com", "/a?b=c"}, {"GET", "https", "APP.example.com.:443", "/"}, {"GET", "http", "a@b", "//c"}, {"get", "ftp", "[::1]:1", "/\\c"},
		{"GET", "https", "a.example:80", "/#x"}, {"GET", "https", "a,b", "*"}, {"GET", "https", "xn--a.example", "/%2e%2e/"}, {"GET", "https", "a\r\nb", "/\r\nSet-Cookie: x"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, method, scheme, host, target string) {
		o, err := newOriginal(method, scheme, host, target)
		if err != nil {
			return
		}
		again, err := readSite(o.site.scheme, o.site.hostport())
		if err != nil || again != o.site {
			t.Errorf("%q %q: %+v is read as %+v, %v", scheme, host, o.site, again, err)
		}
		back := o.site.origin() + o.url.RequestURI()
		u, err := url.Parse(back)
		if err != nil || u.Scheme != o.site.scheme || u.Host != o.site.hostport() || u.User != nil || u.Fragment != "" || strings.ContainsAny(back, " \r\n\t\x00") {
			t.Errorf("%q leads elsewhere: %+v, %v", back, u, err)
		}
	})
}

// FuzzDialects: every header of a dialect, said in whatever way, is read as one request or refused.
func FuzzDialects(f *testing.F) {
	f.Add("https://app.example.com/a", "GET", "https", "app.example.com", "/a")
	f.Add("https://app.example.com", "GET, POST", "https, http", "a, b", "/a, /b")
	f.Fuzz(func(t *testing.T, address, method, scheme, host, target string) {
		r := &http.Request{Method: method, Host: host, RequestURI: Path + "/envoy" + target, Header: http.Header{
			"X-Original-Url": {address}, "X-Original-Method": {method}, "X-Forwarded-Method": {method}, "X-Forwarded-Proto": {scheme}, "X-Forwarded-Host": {host}, "X-Forwarded-Uri": {target},
		}}
		for _, d := range dialects {
			o, err := d.read(r)
			if err == nil && (o.method != method || !isHost(o.site.host) || !strings.HasPrefix(o.url.Path, "/")) {
				t.Errorf("%s reads %+v", d.name, o)
			}
		}
	})
}
