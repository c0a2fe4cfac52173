// Command go-api is an API of one call that is protected by the library.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"

	"launchpad/resource"
)

func main() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "9100"
	}
	socket, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	address := "http://" + socket.Addr().String()
	api, err := resource.New(resource.Options{
		Issuer:       os.Getenv("ISSUER"),
		ClientID:     os.Getenv("CLIENT_ID"),
		ClientSecret: os.Getenv("CLIENT_SECRET"),
		Resource:     address,
		Audiences:    []string{os.Getenv("ISSUER")}, // of JWTs that were asked for without naming an API
		Scopes:       []string{"dashboards:read", "dashboards:write"},
		Log:          slog.Default(),
	})
	if err != nil {
		log.Fatal(err)
	}
	go api.Run(context.Background())

	mux := http.NewServeMux()
	mux.Handle("GET "+api.MetadataPath(), api.Metadata())
	mux.Handle("GET /dashboards", api.Require(resource.Need{Scopes: []string{"dashboards:read"}, Account: true})(http.HandlerFunc(list)))
	fmt.Println("listening on", address)
	log.Fatal(http.Serve(socket, mux))
}

func list(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"account":    resource.AccountOf(r.Context()).Slug,
		"subject":    resource.TokenOf(r.Context()).Subject,
		"dashboards": []string{"Sales", "Support"},
	})
}
