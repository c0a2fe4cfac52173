package config

import "reflect"

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
