package oauth

import (
	"cmp"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits on what a request may carry, before anything in it is believed.
const (
	MaxBody       = 64 << 10 // bytes of a form body
	MaxParameters = 200      // in query and body together
	MaxState      = 4 << 10  // bytes of state, returned to the client as they came
)

// Form is the parameters of one request. Empty parameters are treated as absent and unknown ones are kept and
// ignored (RFC 6749 §3.1, §3.2).
type Form struct {
	values   []parameter // the first of each name
	repeated []parameter // all others
}

type parameter struct{ name, value string }

// Get returns the parameter's value, or "" if it is absent.
func (f Form) Get(name string) string {
	for i := range f.values {
		if f.values[i].name == name {
			return f.values[i].value
		}
	}
	return ""
}

// Has reports whether the parameter arrived with a value.
func (f Form) Has(name string) bool { return f.Get(name) != "" }

// All returns every value of a parameter that may be repeated, in order.
func (f Form) All(name string) (all []string) {
	for _, list := range [][]parameter{f.values, f.repeated} {
		for _, p := range list {
			if p.name == name && p.value != "" {
				all = append(all, p.value)
			}
		}
	}
	return all
}

// Repeated reports whether the parameter arrived more than once.
func (f Form) Repeated(name string) bool {
	return slices.ContainsFunc(f.repeated, func(p parameter) bool { return p.name == name })
}

// Once refuses a request in which any of names is repeated. RFC 6749 §3.1, §3.2: parameters MUST NOT be
// included more than once. Unknown parameters may repeat: they are ignored.
func (f Form) Once(names ...string) error {
	for _, p := range f.repeated {
		if slices.Contains(names, p.name) {
			return InvalidRequest("repeated_parameter", "the parameter %s was sent more than once; send it once", p.name).
				Got(p.name+" twice or more", p.name+" once")
		}
	}
	return nil
}

// Encode writes the form as a query. What was repeated is repeated again, behind the rest.
func (f Form) Encode() string {
	var b strings.Builder
	for _, list := range [][]parameter{f.values, f.repeated} {
		for _, p := range list {
			if b.Len() > 0 {
				b.WriteByte('&')
			}
			b.WriteString(url.QueryEscape(p.name) + "=" + url.QueryEscape(p.value))
		}
	}
	return b.String()
}

// ReadBody parses a POST body. Beside an error it gives what is legible, by which the error can be told, and nothing else decided. RFC 6749 §3.2, appendix B: application/x-www-form-urlencoded, UTF-8.
func ReadBody(r *http.Request) (Form, error) {
	var f Form
	if err := f.acceptable(r); err != nil {
		return f, err
	}
	// The limit of the whole request is the server's; this one makes the function safe by itself.
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	if err != nil {
		return f, InvalidRequest("body_unreadable", "the request body could not be read; send it again").Because(err)
	}
	if len(body) > MaxBody {
		return f, tooLarge()
	}
	return f, f.parse(string(body))
}

// ReadQuery parses the query string.
func ReadQuery(r *http.Request) (Form, error) {
	var f Form
	return f, f.parse(r.URL.RawQuery)
}

// ReadBoth parses query and body into one form, so that a parameter in both counts as repeated.
func ReadBoth(r *http.Request) (Form, error) {
	f, err := ReadQuery(r)
	if err != nil || r.Method == http.MethodGet {
		return f, err
	}
	body, err := ReadBody(r)
	if err != nil {
		return f, err
	}
	for _, p := range body.values {
		f.add(p.name, p.value)
	}
	f.repeated = append(f.repeated, body.repeated...)
	if len(f.values) > MaxParameters {
		return f, tooMany()
	}
	return f, nil
}

// Agreed puts together what two places of one request say. A parameter that both have with the same value counts once;
// with two values it counts as repeated.
func Agreed(a, b Form) (Form, error) {
	f := Form{values: slices.Clone(a.values), repeated: slices.Concat(a.repeated, b.repeated)}
	for _, p := range b.values {
		if !slices.Contains(f.values, p) {
			f.add(p.name, p.value)
		}
	}
	if len(f.values) > MaxParameters {
		return f, tooMany()
	}
	return f, nil
}

// With gives the form with one parameter set anew, whatever it was before.
func (f Form) With(name, value string) Form {
	f = f.Without(name)
	f.values = append(f.values, parameter{name, value})
	return f
}

// Without gives the form without a parameter.
func (f Form) Without(name string) Form {
	return Form{
		values:   slices.DeleteFunc(slices.Clone(f.values), func(p parameter) bool { return p.name == name }),
		repeated: slices.DeleteFunc(slices.Clone(f.repeated), func(p parameter) bool { return p.name == name }),
	}
}

const formType = "application/x-www-form-urlencoded"

func (Form) acceptable(r *http.Request) error {
	got := r.Header.Get("Content-Type")
	if r.Header.Get("Content-Encoding") != "" {
		return InvalidRequest("compressed_body", "compressed request bodies are not accepted; send the form as it is").
			WithStatus(http.StatusUnsupportedMediaType).Got("Content-Encoding: "+clean(r.Header.Get("Content-Encoding")), "no Content-Encoding")
	}
	if got == formType || r.ContentLength == 0 {
		return nil
	}
	kind, parameters, err := mime.ParseMediaType(got)
	if err != nil || kind != formType || !utf8Charset(parameters["charset"]) {
		return InvalidRequest("wrong_content_type", "the body must be a form: set Content-Type to %s", formType).
			Got("Content-Type: "+clean(got), "Content-Type: "+formType)
	}
	return nil
}

func utf8Charset(name string) bool { return name == "" || strings.EqualFold(name, "utf-8") }

// parse reads all that it can: who asks, and in which format, may be legible beside what is broken.
func (f *Form) parse(query string) (broken error) {
	for n := 0; query != ""; n++ {
		if n == MaxParameters {
			return tooMany()
		}
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := unescape(rawName)
		value, valueErr := unescape(rawValue)
		if err = cmp.Or(err, valueErr); err != nil {
			broken = cmp.Or(broken, err)
			continue
		}
		f.add(name, value)
	}
	return broken
}

func (f *Form) add(name, value string) {
	for i := range f.values {
		if f.values[i].name == name {
			f.repeated = append(f.repeated, parameter{name, value})
			return
		}
	}
	if f.values == nil {
		f.values = make([]parameter, 0, 8)
	}
	f.values = append(f.values, parameter{name, value})
}

// unescape also refuses what no parameter of ours may hold: NUL (PostgreSQL refuses it in text) and bytes that
// are not UTF-8.
func unescape(s string) (string, error) {
	out := s
	if strings.ContainsAny(s, "%+") {
		var err error
		if out, err = url.QueryUnescape(s); err != nil {
			return "", InvalidRequest("malformed_encoding", "a parameter has a broken percent-encoding; encode it as a form field").Because(err)
		}
	}
	if !utf8.ValidString(out) || strings.IndexByte(out, 0) >= 0 {
		return "", InvalidRequest("malformed_encoding", "a parameter holds bytes that are not UTF-8 text, or a zero byte")
	}
	return out, nil
}

func tooMany() error {
	return InvalidRequest("too_many_parameters", "the request has more than %d parameters", MaxParameters)
}

func tooLarge() error {
	return InvalidRequest("body_too_large", "the request body is over %d bytes", MaxBody).WithStatus(http.StatusRequestEntityTooLarge)
}
