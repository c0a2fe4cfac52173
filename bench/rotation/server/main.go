// Command server is launchpad, but its keys are replaced every few seconds and what they make lives only a few seconds:
// so a minute shows what otherwise takes years. A further node of the demo has the demo's API, too. Nothing else differs.
package main

import (
	"os"
	"time"

	"launchpad/internal/cli"
	"launchpad/internal/core"
	"launchpad/internal/gateway"
	"launchpad/internal/keys"
	"launchpad/internal/mint"
	"launchpad/internal/protect"
	"launchpad/internal/sample"
	"launchpad/internal/server"
)

func main() {
	cli.Adjust = func(o *server.Options) {
		o.Rotation = keys.Rotation{Every: 4 * time.Second, Lead: 3 * time.Second, Skew: 5 * time.Second}
		o.Life = mint.Lifetimes{Access: 6 * time.Second, Code: 6 * time.Second, RefreshIdle: 6 * time.Second, RefreshAbsolute: time.Hour}
		if len(o.APIs) == 0 {
			o.Catalog = core.Catalog{{Name: "dashboards:read"}, {Name: "dashboards:write"}}
			o.APIs = []gateway.API{{API: protect.API{Prefix: "/v3/", Routes: []protect.Route{{Method: "GET", Path: "/v3/dashboards", Scope: "dashboards:read"}}}, Upstream: gateway.Local(sample.API())}}
		}
	}
	os.Exit(cli.Main())
}
