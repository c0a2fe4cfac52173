package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Manual is docs/config.md: every setting, from the struct that holds them.
func Manual() string {
	var b strings.Builder
	b.WriteString(`# Configuration

Made by ` + "`launchpad config manual`" + ` from the one struct that holds the settings. Everything has a default: ` + "`launchpad serve`" + `
needs no file. What a file says (` + "`--config launchpad.toml`" + `) is overruled by the environment, and that by flags. Unknown
settings and values that cannot work are refused at start, with the line and the fix.
`)
	table(&b, "", reflect.ValueOf(Default()))
	return b.String()
}

// table lists the settings of one table of the file, then the tables within it.
func table(b *strings.Builder, path string, settings reflect.Value) {
	var inner []int
	variables := path == "" // only what stands outside of tables has one
	b.WriteString("\n| Setting | " + only(variables, "Environment | ") + "Default | |\n|---|---|---|" + only(variables, "---|") + "\n")
	for i := range settings.NumField() {
		field := settings.Type().Field(i)
		switch {
		case !field.IsExported():
		case isTable(field.Type):
			inner = append(inner, i)
		default:
			fmt.Fprintf(b, "| `%s` | %s%s | %s |\n", field.Tag.Get("toml"), only(variables, code(field.Tag.Get("env"))+" | "), code(plain(settings.Field(i))), help(path, field))
		}
	}
	for _, i := range inner {
		field := settings.Type().Field(i)
		name := strings.TrimPrefix(path+"."+field.Tag.Get("toml"), ".")
		value := settings.Field(i)
		heading := "[" + name + "]"
		if field.Type.Kind() == reflect.Slice {
			heading, value = "["+heading+"]", reflect.Zero(field.Type.Elem())
		}
		fmt.Fprintf(b, "\n## `%s`\n\n%s.\n", heading, sentence(help(path, field)))
		table(b, name, value)
	}
}

func only(condition bool, text string) string {
	if condition {
		return text
	}
	return ""
}

func isTable(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[toml.LocalDate]() || t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct
}

// help is what a setting is for. One without it is a mistake of ours that a test finds.
func help(path string, field reflect.StructField) string {
	text := field.Tag.Get("help")
	if text == "" {
		panic(fmt.Sprintf("setting %s.%s has no help", path, field.Name))
	}
	return strings.ReplaceAll(text, "|", `\|`)
}

func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// plain writes a default as a file would, or nothing if there is none.
func plain(v reflect.Value) string {
	switch v := v.Interface().(type) {
	case Duration:
		return short(time.Duration(v))
	case string:
		if v == "" {
			return ""
		}
		return fmt.Sprintf("%q", v)
	case []string, *bool, toml.LocalDate:
		return ""
	default:
		return fmt.Sprint(v)
	}
}

// short leaves out the units that are zero: 2h and not 2h0m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}
