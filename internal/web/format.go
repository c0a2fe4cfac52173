package web

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Format is how an answer to a program is written. The zero Format is JSON.
type Format int

// The formats. RFC 6749 §5.1 knows JSON alone; programs that are older ask for the others, or for none and read a form.
const (
	JSON Format = iota
	XML
	FormEncoded
	JSONAndForm // JSON in which a reader of forms finds the same pairs
)

// Pair is one name of a flat answer, which is ours to choose, with its value: a text or a whole number.
type Pair struct {
	Name  string
	Value any
}

const xmlDeclaration = "<?xml version='1.0' encoding='utf-8'?>\n"

var formatTypes = [][]string{JSON: jsonType, XML: {"application/xml; charset=utf-8"}, FormEncoded: {"application/x-www-form-urlencoded; charset=utf-8"}, JSONAndForm: jsonType}

// Encode writes the pairs in their order.
func (f Format) Encode(pairs []Pair) []byte {
	var b bytes.Buffer
	switch f {
	case XML:
		b.WriteString(xmlDeclaration + "<OAuth>")
		for _, m := range pairs {
			b.WriteString("<" + m.Name + ">")
			_ = xml.EscapeText(&b, fmt.Append(nil, m.Value)) // memory cannot fail
			b.WriteString("</" + m.Name + ">")
		}
		b.WriteString("</OAuth>")
	case FormEncoded:
		for i, m := range pairs {
			if i > 0 {
				b.WriteByte('&')
			}
			b.WriteString(m.Name + "=" + url.QueryEscape(fmt.Sprint(m.Value)))
		}
	case JSONAndForm:
		// RFC 6749 §5.1: whoever reads JSON ignores the member that it does not know. Whoever reads a form splits all this at
		// & and ; and sees the pairs between two pieces without a name, as long as nothing in the members looks like one.
		_, _ = unlikeForm.WriteString(&b, string(object(pairs)))
		b.Truncate(b.Len() - 1)
		b.WriteString(`,"form":"&`)
		b.Write(FormEncoded.Encode(pairs)) // which has nothing that JSON escapes
		b.WriteString(`&"}`)
	default:
		b.Write(object(pairs))
	}
	return b.Bytes()
}

// unlikeForm spells what means something in a form so that it means the same in JSON, and nothing in a form. JSON is written
// without & already.
var unlikeForm = strings.NewReplacer("=", `\u003d`, ";", `\u003b`, "%", `\u0025`)

// object writes the pairs as JSON.
func object(pairs []Pair) []byte {
	var b bytes.Buffer
	before := `{"`
	for _, m := range pairs {
		b.WriteString(before + m.Name + `":`)
		before = `,"`
		value, _ := json.Marshal(m.Value) // texts and numbers cannot fail
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// Write answers a program with pairs that nobody may keep. RFC 6749 §5.1.
func (f Format) Write(w http.ResponseWriter, status int, pairs []Pair) error {
	h := w.Header()
	h["Content-Type"], h["Cache-Control"] = formatTypes[f], noStore
	h["X-Content-Type-Options"] = noSniff
	h.Del("Content-Length")
	w.WriteHeader(status)
	_, err := w.Write(f.Encode(pairs))
	return err
}

// told is an error that is to be told in a format.
type told struct {
	error
	format Format
}

func (t told) Unwrap() error { return t.error }

// Told asks the surface to tell an error in a format.
func Told(err error, f Format) error {
	if f == JSON {
		return err
	}
	return told{err, f}
}

// FormatOf is how an error is to be told.
func FormatOf(err error) Format {
	if t, ok := errors.AsType[told](err); ok {
		return t.format
	}
	return JSON
}
