// Command floor is what Launchpad is measured against: a bare net/http server that does the least that a token
// endpoint or a small JSON document could do, in answers of the same shape and size.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net/http"
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
	documents   = map[string][]byte{"/api": document(111), "/jwks": document(180), "/metadata": document(971)}
)

func document(size int) []byte {
	return []byte(`{"value":"` + strings.Repeat("v", size-len(`{"value":""}`)) + `"}`)
}

func answer(w http.ResponseWriter, r *http.Request) {
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

func main() {
	listen := flag.String("listen", "127.0.0.1:9300", "`address` to listen on")
	flag.Parse()
	log.Fatal(http.ListenAndServe(*listen, http.HandlerFunc(answer)))
}
