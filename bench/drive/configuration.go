package drive

import (
	"os"
	"path/filepath"

	"github.com/pelletier/go-toml/v2"

	"launchpad/internal/config"
)

// Configure writes a configuration file into dir and gives its path.
func Configure(dir string, limits config.Limits, proxies ...string) (string, error) {
	text, err := toml.Marshal(struct {
		Proxies []string      `toml:"proxies,omitempty"`
		Limits  config.Limits `toml:"limits"`
	}{proxies, limits})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "launchpad.toml")
	return path, os.WriteFile(path, text, 0o600)
}
