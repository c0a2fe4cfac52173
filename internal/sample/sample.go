package sample

import (
	"encoding/json"
	"net/http"
)

// Dashboard is a sample record.
type Dashboard struct {
	ID    int    `json:"id"`
	Title string `json:"title"`
}

// dashboards of the sample accounts, by slug; any other account is welcomed.
var dashboards = map[string][]Dashboard{
	"sample-bakery": {{1, "Loaves per day"}, {2, "Flour in stock"}},
	"sample-cinema": {{7, "Seats sold tonight"}, {8, "Popcorn by hour"}, {9, "Films by rating"}},
}

// API answers GET /v3/dashboards for the account that the gateway names.
func API() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v3/dashboards", list)
	mux.HandleFunc("GET /v3/accounts/{account}/dashboards", list)
	mux.HandleFunc("POST /v3/dashboards", create)
	return mux
}

// bodies are the answers of the sample accounts, made once.
var bodies = func() map[string][]byte {
	made := map[string][]byte{}
	for account := range dashboards {
		made[account] = body(account)
	}
	return made
}()

func body(account string) []byte {
	found, ok := dashboards[account]
	if !ok {
		found = []Dashboard{{1, "Welcome, " + account}}
	}
	text, _ := json.Marshal(map[string]any{"account": account, "dashboards": found}) // strings and numbers cannot fail
	return text
}

func list(w http.ResponseWriter, r *http.Request) {
	account := r.Header.Get("Launchpad-Account-Slug")
	text, ok := bodies[account]
	if !ok {
		text = body(account)
	}
	answer(w, http.StatusOK, text)
}

func create(w http.ResponseWriter, r *http.Request) {
	text, _ := json.Marshal(map[string]any{"account": r.Header.Get("Launchpad-Account-Slug"), "dashboard": Dashboard{100, "New dashboard"}})
	answer(w, http.StatusCreated, text)
}

func answer(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
