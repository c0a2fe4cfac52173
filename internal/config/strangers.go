package config

import (
	"slices"

	"launchpad/internal/core"
)

// Registrars is who may bring apps by program. If nothing is said it is everybody where an API is for agents, since they come so.
func (c *Config) Registrars() core.Registrars {
	switch {
	case c.Register != "":
		return core.Registrars(c.Register)
	case slices.ContainsFunc(c.APIs, func(a API) bool { return a.Agents }):
		return core.RegistrarsAnybody
	}
	return core.RegistrarsNobody
}
