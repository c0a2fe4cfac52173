package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"launchpad/internal/secret"
)

// EnvPrefix begins the name of every variable that is ours.
const EnvPrefix = "LAUNCHPAD_"

// notSettings are variables that carry our name and are no settings: those of the tests, and those that a container platform sets
// beside every program because of a service that is called launchpad.
var notSettings = regexp.MustCompile(`^LAUNCHPAD_(TEST_\w+|SERVICE_(HOST|PORT\w*)|PORT(_\d+_(TCP|UDP)\w*)?)$`)

// readEnvironment takes the variables that are settings. One that nobody knows is refused, as it is in a file: whoever set it
// believes that it works.
func (c *Config) readEnvironment(environment []string) error {
	settings := c.variables()
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		setting, known := settings[name]
		switch {
		case !strings.HasPrefix(name, EnvPrefix) || value == "":
		case name == EnvMasterKey:
			c.masterKey = secret.Text(value)
		case known:
			if err := setting.set(value); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			c.From(setting.key, name)
		case !notSettings.MatchString(name):
			return fmt.Errorf("%s: no such setting; take it out of the environment or mend its name, %s", name, nearest(name, settings))
		}
	}
	return nil
}

// variable is a setting that the environment may make.
type variable struct {
	key   string // its name in a file
	field any    // points to it
}

func (c *Config) variables() map[string]variable {
	list := map[string]variable{}
	fields := reflect.ValueOf(c).Elem()
	for i := range fields.NumField() {
		if tag := fields.Type().Field(i).Tag; tag.Get("env") != "" {
			list[tag.Get("env")] = variable{tag.Get("toml"), fields.Field(i).Addr().Interface()}
		}
	}
	return list
}

func (v variable) set(value string) error {
	switch field := v.field.(type) {
	case *string:
		*field = value
	case *[]string:
		*field = strings.Split(value, ",")
	case *Duration:
		return field.UnmarshalText([]byte(value))
	}
	return nil
}

// nearest offers the names that share the most letters from the beginning, or all of their letters.
func nearest(name string, settings map[string]variable) string {
	alike := func(other string) int {
		if strings.ReplaceAll(name, "_", "") == strings.ReplaceAll(other, "_", "") {
			return len(other)
		}
		n := 0
		for n < min(len(name), len(other)) && name[n] == other[n] {
			n++
		}
		return n
	}
	best, names := len(EnvPrefix), []string(nil)
	for other := range settings {
		switch n := alike(other); {
		case n > best:
			best, names = n, []string{other}
		case n == best && n > len(EnvPrefix):
			names = append(names, other)
		}
	}
	if len(names) == 0 {
		return "one of those that launchpad config manual lists"
	}
	slices.Sort(names)
	return "perhaps to " + strings.Join(names, " or ")
}
