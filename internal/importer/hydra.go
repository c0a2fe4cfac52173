package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Hydra reads clients from what "hydra list clients --format json" prints, which holds no secrets, or from its database,
// which holds their hashes.
func Hydra(ctx context.Context, from string) (Source, io.Closer, error) {
	source := Source{LeftOut: []string{"tokens: Hydra keeps them so that only its own system secret can read them; people authorize their apps once more"}}
	if scheme, _, found := strings.Cut(from, ":"); !found || strings.Contains(scheme, "/") || strings.Contains(scheme, ".") {
		source.Apps.Each = func(ctx context.Context, yield func(App) error) error {
			return eachIn(from, []string{"items", "clients"}, func(element json.RawMessage) error { return yield(hydraApp(element)) })
		}
		return source, io.NopCloser(nil), nil
	}
	db, err := openDatabase(ctx, from)
	if err != nil {
		return Source{}, nil, err
	}
	if db.columns(ctx, "hydra_client") == nil {
		db.Close()
		return Source{}, nil, fmt.Errorf("the source has no table hydra_client: is it Hydra's database?")
	}
	columns := []string{"id", "client_name", "client_secret", "redirect_uris", "scope", "token_endpoint_auth_method", "created_at"}
	source.Apps.Each = func(ctx context.Context, yield func(App) error) error {
		return db.pages(ctx, "hydra_client", columns, func(row []any) error {
			return yield(hydraRow(row))
		})
	}
	return source, db, nil
}

func hydraRow(row []any) App {
	app := App{
		Row: Row{Key: text(row[0])}, ClientID: text(row[0]), Name: text(row[1]), Secret: Stored{Text: text(row[2])},
		RedirectURIs: hydraList(text(row[3])), Scope: text(row[4]), Public: text(row[5]) == "none",
	}
	app.CreatedAt, _ = moment(row[6])
	return app
}

// hydraList: older versions write a|b, newer ones JSON.
func hydraList(s string) []string {
	var list []string
	if json.Unmarshal([]byte(s), &list) == nil {
		return list
	}
	return strings.FieldsFunc(s, func(c rune) bool { return c == '|' })
}

func hydraApp(element json.RawMessage) App {
	var c struct {
		ID           string    `json:"client_id"`
		Name         string    `json:"client_name"`
		Secret       string    `json:"client_secret"`
		RedirectURIs []string  `json:"redirect_uris"`
		Scope        string    `json:"scope"`
		Method       string    `json:"token_endpoint_auth_method"`
		CreatedAt    time.Time `json:"created_at"`
	}
	if err := json.Unmarshal(element, &c); err != nil {
		return App{Row: Row{Broken: "it is not what a client looks like"}}
	}
	return App{
		Row: Row{Key: c.ID}, ClientID: c.ID, Name: c.Name, Secret: Stored{Text: c.Secret}, RedirectURIs: c.RedirectURIs,
		Scope: c.Scope, Public: c.Method == "none", CreatedAt: c.CreatedAt,
	}
}
