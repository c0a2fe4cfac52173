package drive

import (
	"os"
	"path/filepath"

	"github.com/pelletier/go-toml/v2"

	"launchpad/internal/config"
	"launchpad/internal/core"
)

// Configure writes a configuration file into dir and gives its path.
func Configure(dir string, signUp core.SignUp, limits config.Limits, proxies ...string) (string, error) {
	text, err := toml.Marshal(struct {
		SignUp  core.SignUp   `toml:"sign_up,omitempty"`
		Proxies []string      `toml:"proxies,omitempty"`
		Limits  config.Limits `toml:"limits"`
	}{signUp, proxies, limits})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "launchpad.toml")
	return path, os.WriteFile(path, text, 0o600)
}
