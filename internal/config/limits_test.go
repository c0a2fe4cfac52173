package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func load(t *testing.T, text string) (Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "launchpad.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(file, nil)
	if err != nil {
		return c, err
	}
	return c, c.Finish()
}

func TestLimitsOfTheFile(t *testing.T) {
	c, err := load(t, "proxies = ['10.0.0.0/8', '192.0.2.7', '2001:db8::/32']\n[limits]\ntoken = 7\n")
	if err != nil {
		t.Fatal(err)
	}
	if c.Limits.Token != 7 || c.Limits.APIOfAccount != 500 {
		t.Errorf("%+v, want what the file says and the rest as it was", c.Limits)
	}
	networks, err := c.Networks()
	if err != nil || len(networks) != 3 || networks[1].String() != "192.0.2.7/32" {
		t.Errorf("%v, %v", networks, err)
	}
}

const anAPI = "[[api]]\nprefix = '/v3/'\nupstream = 'http://127.0.0.1:9'\n[api.limits]\n"

func TestLimitsOfAnAPI(t *testing.T) {
	c, err := load(t, "limits_redis = 'rediss://user:secret@redis.example:6380/1'\n"+anAPI+"of_account = 7\n")
	if err != nil || c.APIs[0].Limits != (APILimits{OfAccount: 7}) {
		t.Errorf("%+v, %v", c.APIs, err)
	}
	if _, err := load(t, "limits_redis = 'redis://:secret@'\n"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v, want a refusal that does not tell the password", err)
	}
}

func TestLimitsThatCannotBe(t *testing.T) {
	for text, want := range map[string]string{
		"[limits]\ntoken = 0\n":             ":2: limits.token",
		"[limits]\napi_of_account = -1\n":   ":2: limits.api_of_account",
		"[limits]\npages = 2_000_000_000\n": ":2: limits.pages",
		"[limits]\npage = 2\n":              ":2:1: unknown setting limits.page;",
		"limits_redis = '127.0.0.1:6379'":   ":1: limits_redis",
		"limits_redis = 'http://redis'":     ":1: limits_redis",
		"limits_redis = 'redis://'":         ":1: limits_redis",
		anAPI + "of_account = -1":           ":5: api[0].limits.of_account",
		anAPI + "of_route = 2_000_000_000":  ":5: api[0].limits.of_route",
		"proxies = ['10.0.0.0/33']":         ":1: proxies: \"10.0.0.0/33\" is not a network",
		"proxies = ['nginx']":               "not a network",
		"proxies = ['0.0.0.0/0']":           "everybody",
		"proxies = ['::/0']":                "everybody",
	} {
		if _, err := load(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestProxiesOfTheEnvironment(t *testing.T) {
	c, err := Load("", []string{"LAUNCHPAD_PROXIES=10.0.0.0/8, 192.0.2.7"})
	if err != nil {
		t.Fatal(err)
	}
	if networks, err := c.Networks(); err != nil || len(networks) != 2 {
		t.Errorf("%v, %v", networks, err)
	}
}

func TestEveryLimitHasADefaultAndHelp(t *testing.T) {
	if err := DefaultLimits.check(); err != nil {
		t.Error(err)
	}
	if err := Unlimited().check(); err != nil {
		t.Error(err)
	}
	kind := reflect.TypeFor[Limits]()
	for i := range kind.NumField() {
		if kind.Field(i).Tag.Get("help") == "" || kind.Field(i).Tag.Get("toml") == "" {
			t.Errorf("%s has no name or no help", kind.Field(i).Name)
		}
	}
}
