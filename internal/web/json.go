package web

import (
	"net/http"
	"strconv"
)

// Header values that programs are answered with, made once.
var (
	jsonType = []string{"application/json;charset=UTF-8"}
	noStore  = []string{"no-store"}
	noSniff  = []string{"nosniff"}
	// A minute is less than a key is published before its use.
	forAMinute = []string{"public, max-age=60"}
)

// countedAnyway is the size up to which the HTTP server holds an answer back and counts it by itself.
const countedAnyway = 2 << 10

// WriteJSON answers a program with a document that nobody may keep. RFC 6749 §5.1, RFC 7662 §2.2.
func WriteJSON(w http.ResponseWriter, body []byte) error { return write(w, body, noStore) }

// WriteXML answers a program likewise.
func WriteXML(w http.ResponseWriter, body []byte) error {
	h := w.Header()
	h["Content-Type"], h["Cache-Control"] = formatTypes[XML], noStore
	_, err := w.Write(append([]byte(xmlDeclaration), body...))
	return err
}

// WritePublicJSON answers with a document that anybody may keep for a minute.
func WritePublicJSON(w http.ResponseWriter, body []byte) error { return write(w, body, forAMinute) }

func write(w http.ResponseWriter, body []byte, caching []string) error {
	h := w.Header()
	h["Content-Type"], h["Cache-Control"] = jsonType, caching
	if len(body) > countedAnyway {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	_, err := w.Write(body)
	return err
}
