package importer

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Files of our own making. The first line names the columns, in any order; those in brackets may be missing.
var (
	PeopleColumns  = []string{"id", "email", "[name]", "[password_hash]", "[accounts]"}
	MembersColumns = []string{"slug", "[name]", "user_id", "[role]"}
	AppsColumns    = []string{"client_id", "[client_secret]", "[name]", "[redirect_uris]", "[scope]", "[public]", "[owner_id]"}
)

// PeopleCSV reads people, and the accounts that they belong to: "bakery cinema:admin".
func PeopleCSV(path string) (Rows[Person], Rows[Member]) {
	people := Rows[Person]{Each: func(ctx context.Context, yield func(Person) error) error {
		return eachLine(path, PeopleColumns, func(line map[string]string, broken string) error {
			return yield(Person{Row{line["id"], broken}, line["email"], line["name"], line["password_hash"]})
		})
	}}
	members := Rows[Member]{Each: func(ctx context.Context, yield func(Member) error) error {
		return eachLine(path, PeopleColumns, func(line map[string]string, broken string) error {
			for place := range strings.FieldsSeq(line["accounts"]) {
				slug, role, _ := strings.Cut(place, ":")
				if err := yield(Member{Row{slug + "/" + line["id"], broken}, line["id"], slug, "", role}); err != nil {
					return err
				}
			}
			return nil
		})
	}}
	return people, members
}

// MembersCSV reads who belongs to which account.
func MembersCSV(path string) Rows[Member] {
	return Rows[Member]{Each: func(ctx context.Context, yield func(Member) error) error {
		return eachLine(path, MembersColumns, func(line map[string]string, broken string) error {
			return yield(Member{Row{line["slug"] + "/" + line["user_id"], broken}, line["user_id"], line["slug"], line["name"], line["role"]})
		})
	}}
}

// AppsCSV reads apps. Redirect URIs and scopes are separated by spaces; public is "true" for an app without a secret.
func AppsCSV(path string) Rows[App] {
	return Rows[App]{Each: func(ctx context.Context, yield func(App) error) error {
		return eachLine(path, AppsColumns, func(line map[string]string, broken string) error {
			return yield(App{
				Row: Row{line["client_id"], broken}, ClientID: line["client_id"], Name: line["name"], Secret: Stored{Text: line["client_secret"]},
				RedirectURIs: strings.Fields(line["redirect_uris"]), Scope: line["scope"], Public: line["public"] == "true", OwnerKey: line["owner_id"],
			})
		})
	}}
}

// eachLine reads a file a line at a time. A line that is not like the first is broken, and named by its number.
func eachLine(path string, columns []string, yield func(line map[string]string, broken string) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	reader := csv.NewReader(file)
	header, err := reader.Read()
	if err != nil {
		return fmt.Errorf("%s: read the first line, which names the columns: %w", path, err)
	}
	if err := checkHeader(header, columns); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for {
		values, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		line, broken := map[string]string{}, ""
		if err != nil {
			if _, ok := errors.AsType[*csv.ParseError](err); !ok {
				return fmt.Errorf("read %s: %w", path, err)
			}
			number, _ := reader.FieldPos(0)
			line[header[0]], broken = fmt.Sprintf("line %d", number), "it is not like the first line: "+err.Error()
		} else {
			for n, name := range header {
				line[name] = strings.TrimSpace(values[n])
			}
		}
		if err := yield(line, broken); err != nil {
			return err
		}
	}
}

func checkHeader(header, columns []string) error {
	var known []string
	for _, column := range columns {
		name := strings.Trim(column, "[]")
		if known = append(known, name); name == column && !slices.Contains(header, name) {
			return fmt.Errorf("the first line must name the columns %s; %s is missing", strings.Join(columns, ", "), name)
		}
	}
	for _, name := range header {
		if !slices.Contains(known, name) {
			return fmt.Errorf("column %q is unknown; the columns are %s", name, strings.Join(columns, ", "))
		}
	}
	return nil
}
