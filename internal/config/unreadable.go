package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// unreadable says where a file is no configuration, and what should stand there.
func unreadable(path string, err error) error {
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok {
		// The library would draw the lines around, which may hold passwords.
		var unknown []error
		for _, e := range strict.Errors {
			row, column := e.Position()
			unknown = append(unknown, fmt.Errorf("%s:%d:%d: unknown setting %s; take it out or mend its name", path, row, column, strings.Join(e.Key(), ".")))
		}
		return errors.Join(unknown...)
	}
	if decode, ok := errors.AsType[*toml.DecodeError](err); ok {
		row, column := decode.Position()
		where, text := fmt.Sprintf("%s:%d:%d", path, row, column), strings.TrimPrefix(decode.Error(), "toml: ")
		switch takes := takenBy(reflect.TypeFor[Config](), decode.Key()); {
		case strings.HasPrefix(text, "cannot decode") && takes != "", takes == aDay:
			return fmt.Errorf("%s: %s takes %s", where, strings.Join(decode.Key(), "."), takes)
		case takes == aDuration:
			return fmt.Errorf("%s: %s: %s", where, strings.Join(decode.Key(), "."), text)
		}
		return fmt.Errorf("%s: %s; text stands in quotes, lists in brackets, and every setting once", where, text)
	}
	return err
}

// takenBy says what a setting takes; "" if it has words of its own, or does not exist.
func takenBy(settings reflect.Type, key []string) string {
	for i := range settings.NumField() {
		field := settings.Field(i)
		if len(key) == 0 || field.Tag.Get("toml") != key[0] {
			continue
		}
		inner := field.Type
		if isTable(inner) && inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if isTable(inner) && len(key) > 1 {
			return takenBy(inner, key[1:])
		}
		return taken(field.Type, key[0])
	}
	return ""
}

const (
	aDuration = `a duration in quotes, like "60s", "10m" or "2h"`
	aDay      = "a day, like 2030-12-31"
)

func taken(t reflect.Type, name string) string {
	switch t.Kind() {
	case reflect.Pointer:
		return taken(t.Elem(), name)
	case reflect.String:
		return `text in quotes, like "text"`
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		if t == reflect.TypeFor[Duration]() {
			return aDuration
		}
		return "a whole number"
	case reflect.Struct:
		if t == reflect.TypeFor[toml.LocalDate]() {
			return aDay
		}
		return "settings of its own, under a line [" + name + "]"
	case reflect.Slice:
		if isTable(t) {
			return "settings of its own, each under a line [[" + name + "]]"
		}
		return `a list, like ["one", "two"]`
	}
	return ""
}
