package doctor

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A deployment answers whatever it likes, and every check comes to an end with it.
func FuzzAnswers(f *testing.F) {
	f.Add(200, `{"issuer":"https://id.example.com","jwks_uri":"https://id.example.com/k","keys":[{"kid":"a"}]}`, `Bearer realm="x", scope=a`, "max-age=60")
	f.Add(401, `{"keys":[null,1,{}],"issuer":null,"x":[null]}`, `bearer,basic`, "private,max-age=99999999999999999999")
	f.Add(400, `<script src=//a%zz>`, "Basic", "")
	f.Fuzz(func(t *testing.T, status int, body, field, caching string) {
		issuer := "https://id.example.com"
		o := Options{Issuer: issuer, APIs: []string{issuer + "/v3"}, ClientID: "app", RedirectURI: "https://app.example/", Dial: nobody}
		if err := o.complete(); err != nil {
			t.Fatal(err)
		}
		l := newLook(t.Context(), o)
		a := &answer{status: status, body: []byte(body), header: http.Header{
			"Content-Type": {"application/json"}, "Www-Authenticate": {field}, "Cache-Control": {caching}, "Location": {field}, "Set-Cookie": {field}, "Vary": {field}, "Content-Encoding": {caching},
		}}
		l.send = func(question) *answer { return a }
		report := &Report{Issuer: issuer}
		for _, c := range Checks() {
			report.Checks = append(report.Checks, c.result(l))
		}
		report.conclude()
		if err := report.Text(io.Discard, true); err != nil {
			t.Fatal(err)
		}
		if u, err := url.Parse(body); err == nil && covers(body, issuer+"/v3") && !strings.EqualFold(u.Host, "id.example.com") {
			t.Errorf("%q covers what is not its own", body)
		}
	})
}

func nobody(context.Context, string, string) (net.Conn, error) { return nil, errors.New("nobody") }
