// Command launchpad is the OAuth platform of a multi-account SaaS, in one binary.
package main

import (
	"os"

	"launchpad/internal/cli"
)

func main() { os.Exit(cli.Main()) }
