package policy_test

import (
	"os"
	"strings"
	"testing"

	"launchpad/internal/policy"
	"launchpad/internal/secret"
)

// LG16, LG07: what may be a password.
func TestASVS_6_2_PasswordsThatPeopleChoose(t *testing.T) {
	about := []string{policy.MailName("carla.fox@example.com"), "Acme ID"}
	for password, want := range map[string]string{
		"correct horse battery staple":          "",
		"a1!b2?c3":                              "",
		"pässwörd mit ümlaut":                   "",
		"ゆきだるまのうた":                              "",
		strings.Repeat("x", secret.MaxPassword): "",
		"":                                      "problem.password",
		"short12":                               "problem.password",
		"äöü":                                   "problem.password", // six bytes
		strings.Repeat("x", secret.MaxPassword+1): "problem.password",
		"password":          "problem.password_common",
		"PassWord1":         "problem.password_common",
		"qwertyuiop":        "problem.password_common",
		"11111111":          "problem.password_common",
		"iloveyou":          "problem.password_common",
		"carla.fox":         "problem.password_personal",
		"My-Carla.Fox-2030": "problem.password_personal",
		"acme id rules":     "problem.password_personal",
		"AcmeID2030!":       "problem.password_personal",
	} {
		if got := policy.AcceptPassword(password, about...); got != want {
			t.Errorf("%.40q: got %q, want %q", password, got, want)
		}
	}
	if got := policy.AcceptPassword("a long enough sentence", "a", "se"); got != "" {
		t.Errorf("a short name is in every password: got %q", got)
	}
	if got := policy.AcceptPassword("", ""); got != "problem.password" {
		t.Errorf("nothing at all: got %q", got)
	}
}

// LG16: at least the 3,000 most common passwords that are long enough.
func TestCommonPasswordsAreRefused(t *testing.T) {
	list, err := os.ReadFile("common_passwords.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for password := range strings.Lines(string(list)) {
		password = strings.TrimSpace(password)
		if got := policy.AcceptPassword(password); got != "problem.password_common" {
			t.Errorf("%q: got %q", password, got)
		}
		n++
	}
	if n < 3000 {
		t.Errorf("%d common passwords, want at least 3,000", n)
	}
}
