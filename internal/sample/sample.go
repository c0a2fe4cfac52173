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

// dashboards of the sample accounts, by slug; any other account gets the last one.
var dashboards = map[string][]Dashboard{
	"sample-bakery": {{1, "Loaves per day"}, {2, "Flour in stock"}},
	"sample-cinema": {{7, "Seats sold tonight"}, {8, "Popcorn by hour"}, {9, "Films by rating"}},
}

// API answers GET /v3/dashboards for the account that the gateway names.
func API() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v3/dashboards", list)
	mux.HandleFunc("POST /v3/dashboards", create)
	return mux
}

func list(w http.ResponseWriter, r *http.Request) {
	account := r.Header.Get("Launchpad-Account-Slug")
	found, ok := dashboards[account]
	if !ok {
		found = []Dashboard{{1, "Welcome, " + account}}
	}
	answer(w, http.StatusOK, map[string]any{"account": account, "dashboards": found})
}

func create(w http.ResponseWriter, r *http.Request) {
	answer(w, http.StatusCreated, map[string]any{"account": r.Header.Get("Launchpad-Account-Slug"), "dashboard": Dashboard{100, "New dashboard"}})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
