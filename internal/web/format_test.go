package web

import (
	"encoding/json"
	"encoding/xml"
	"net/url"
	"strings"
	"testing"
)

// Whatever a value holds, it is read back as one value, and nothing beside it changes.
func FuzzFormats(f *testing.F) {
	for b := range 256 {
		f.Add(string([]byte{'a', byte(b), 'z'}))
	}
	f.Add("</error></OAuth><access_token>x</access_token>")
	f.Add("a&access_token=b")
	f.Add(`","access_token":"x`)
	f.Add("]]>&#0;\u2028\ufffe")
	f.Fuzz(func(t *testing.T, value string) {
		pairs := []Pair{{"error", value}, {"trace", "t"}, {"expires_in", int64(7)}}
		var asJSON map[string]any
		if err := json.Unmarshal(JSON.Encode(pairs), &asJSON); err != nil || len(asJSON) != 3 || asJSON["trace"] != "t" {
			t.Errorf("JSON of %q: %v %v", value, asJSON, err)
		}
		var asXML struct {
			Any []struct {
				XMLName xml.Name
				Text    string `xml:",chardata"`
			} `xml:",any"`
		}
		if err := xml.Unmarshal(XML.Encode(pairs), &asXML); err != nil || len(asXML.Any) != 3 || asXML.Any[1].Text != "t" || asXML.Any[2].Text != "7" {
			t.Errorf("XML of %q: %s %v", value, XML.Encode(pairs), err)
		}
		asForm, err := url.ParseQuery(string(FormEncoded.Encode(pairs)))
		if err != nil || len(asForm) != 3 || asForm.Get("error") != value || asForm.Get("trace") != "t" {
			t.Errorf("form of %q: %v %v", value, asForm, err)
		}
		var asBoth map[string]any
		if err := json.Unmarshal(JSONAndForm.Encode(pairs), &asBoth); err != nil || len(asBoth) != 4 || asBoth["error"] != asJSON["error"] || asBoth["trace"] != "t" {
			t.Errorf("both of %q, read as JSON: %v %v", value, asBoth, err)
		}
		if read := asRackReads(t, string(JSONAndForm.Encode(pairs))); len(read) != 3 || read["error"] != value || read["trace"] != "t" || read["expires_in"] != "7" {
			t.Errorf("both of %q, read as a form: %q", value, read)
		}
	})
}

// asRackReads splits a form as Rack::Utils.parse_query of 2010 did, which raises no error and gives what comes twice as a list. It
// keeps what has a value.
func asRackReads(t *testing.T, form string) map[string]string {
	t.Helper()
	read := map[string]string{}
	for _, piece := range strings.FieldsFunc(form, func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, found := strings.Cut(strings.TrimLeft(piece, " "), "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			t.Errorf("%q: a reader of today would fail: %v", form, err)
		}
		if !found {
			continue
		}
		if _, twice := read[name]; twice {
			t.Errorf("%q: %s comes twice", form, name)
		}
		if read[name], err = url.QueryUnescape(value); err != nil {
			t.Errorf("%q: a reader of today would fail: %v", form, err)
		}
	}
	return read
}
