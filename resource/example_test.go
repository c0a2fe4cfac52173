package resource_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"launchpad/resource"
)

func Example() {
	api, err := resource.New(resource.Options{
		Issuer:       "https://id.example.com",
		ClientID:     "the API's own client_id",
		ClientSecret: "and its secret",
		Resource:     "https://api.example.com",
		Scopes:       []string{"dashboards:read", "dashboards:write"},
	})
	if err != nil {
		log.Fatal(err)
	}
	// In a program: go api.Run(ctx)

	mux := http.NewServeMux()
	mux.Handle("GET "+api.MetadataPath(), api.Metadata())
	mux.Handle("GET /dashboards", api.Require(resource.Need{Scopes: []string{"dashboards:read"}, Account: true})(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "dashboards of %s for %s", resource.AccountOf(r.Context()).Slug, resource.TokenOf(r.Context()).Subject)
		})))

	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest("GET", "/dashboards", nil))
	fmt.Println(answer.Code, answer.Header().Get("WWW-Authenticate"))
	// Output:
	// 401 Bearer resource_metadata="https://api.example.com/.well-known/oauth-protected-resource", scope="dashboards:read"
}

func ExampleVerifier_Metadata() {
	api, err := resource.New(resource.Options{Issuer: "https://id.example.com", Resource: "https://api.example.com/v3", Scopes: []string{"dashboards:read"}})
	if err != nil {
		log.Fatal(err)
	}
	answer := httptest.NewRecorder()
	api.Metadata().ServeHTTP(answer, httptest.NewRequest("GET", api.MetadataPath(), nil))
	fmt.Println(api.MetadataPath())
	fmt.Println(answer.Body)
	// Output:
	// /.well-known/oauth-protected-resource/v3
	// {"resource":"https://api.example.com/v3","authorization_servers":["https://id.example.com"],"scopes_supported":["dashboards:read"],"bearer_methods_supported":["header"],"dpop_signing_alg_values_supported":["ES256","EdDSA"]}
}
