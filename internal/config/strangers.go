package config

import (
	"slices"

	"launchpad/internal/core"
	"launchpad/oauth"
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

// AgentScope is the most that apps may ask for which came by themselves: the scopes of the APIs for agents.
func (c *Config) AgentScope() oauth.Scope {
	var list []string
	for _, api := range c.APIs {
		if !api.Agents {
			continue
		}
		list = append(list, api.Scopes...)
		for _, route := range api.Routes {
			if route.Scope != "" {
				list = append(list, route.Scope)
			}
		}
	}
	return oauth.Scopes(list...)
}
