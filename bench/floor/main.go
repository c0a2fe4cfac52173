// Command floor is what Launchpad is measured against: a bare net/http server that does the least that a token
// endpoint or a small JSON document could do, in answers of the same shape and size; with -dutiful, one that also does what a
// server on the open network has to do for each request; or, with -behind, a bare proxy.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"
)

type token struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
	Scope       string `json:"scope"`
	CreatedAt   int64  `json:"created_at"`
}

// As long as Launchpad's: a sealed access token, the sample API's answer, the key set, the metadata.
var (
	accessToken = strings.Repeat("t", 210)
	documents   = map[string][]byte{"/api": document(111), "/v4/dashboards": document(111), "/jwks": document(180), "/metadata": document(971)}
)

func document(size int) []byte {
	return []byte(`{"value":"` + strings.Repeat("v", size-len(`{"value":""}`)) + `"}`)
}

func answer(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/verdict" {
		verdict(w)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodGet {
		_, _ = w.Write(documents[r.URL.Path])
		return
	}
	if r.FormValue("grant_type") == "" && r.FormValue("token") == "" {
		http.Error(w, `{"error":"invalid_request"}`, http.StatusBadRequest)
		return
	}
	_ = json.NewEncoder(w).Encode(token{accessToken, "Bearer", 7200, "dashboards:read dashboards:write", time.Now().Unix()})
}

// verdict is a bare yes, with as many headers as forward-auth's.
func verdict(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	id := strings.Repeat("i", 36)
	for _, name := range []string{"Launchpad-Account", "Launchpad-Account-Slug", "Launchpad-App", "Launchpad-Scope", "Launchpad-Identity", "Launchpad-Resource", "Launchpad-Assertion"} {
		h.Set(name, id)
	}
	w.WriteHeader(http.StatusOK)
}

func main() {
	listen := flag.String("listen", "127.0.0.1:9300", "`address` to listen on")
	behind := flag.String("behind", "", "`address` to pass everything on to, instead of answering it")
	duties := flag.Bool("dutiful", false, "limit, count and log each request")
	flag.Parse()
	if *duties {
		log.Fatal(serveDutifully(*listen, http.HandlerFunc(answer)))
	}
	if *behind == "" {
		log.Fatal(http.ListenAndServe(*listen, http.HandlerFunc(answer)))
	}
	// Two idle connections to a host, as there are by default, would measure the dialing.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 256
	proxy := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: *behind})
		r.SetXForwarded()
	}}
	log.Fatal(http.ListenAndServe(*listen, proxy))
}
