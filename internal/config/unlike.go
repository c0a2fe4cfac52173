package config

import (
	"fmt"
	"reflect"
)

// Unlike names the settings in which two configurations differ, but for the APIs: what takes effect at a start alone.
func (c *Config) Unlike(other *Config) (names []string) {
	one, two := reflect.ValueOf(c).Elem(), reflect.ValueOf(other).Elem()
	for i := range one.NumField() {
		field := one.Type().Field(i)
		if field.IsExported() && field.Name != "APIs" && !reflect.DeepEqual(one.Field(i).Interface(), two.Field(i).Interface()) {
			names = append(names, field.Tag.Get("toml"))
		}
	}
	if c.Register == other.Register && c.Registrars() != other.Registrars() {
		names = append(names, "register") // which follows from the APIs, if nothing is said
	}
	return names
}

// NeedsStart refuses APIs that a process which runs on another configuration cannot take over: it does not know their scopes, so no app
// could get them.
func (c *Config) NeedsStart(running *Config) error {
	known := map[string]bool{}
	for _, s := range running.Scopes {
		known[s.Name] = true
	}
	check := func(key string, scopes []string) error {
		for _, scope := range scopes {
			if !known[scope] {
				return c.Located(Wrong(key, "the scope %q is new; scopes take effect at the next start, so start anew, or leave it out until then", scope))
			}
		}
		return nil
	}
	for i := range c.APIs {
		key := fmt.Sprintf("api[%d]", i)
		if err := check(key+".scopes", c.APIs[i].Scopes); err != nil {
			return err
		}
		for j := range c.APIs[i].Routes {
			if err := check(fmt.Sprintf("%s.route[%d].scope", key, j), c.APIs[i].Routes[j].AllScopes()); err != nil {
				return err
			}
		}
	}
	return nil
}
