package policy

import (
	_ "embed"
	"strings"
	"sync"

	"launchpad/internal/secret"
)

// LeastPassword is how long a password is at least, in bytes. At most it has secret.MaxPassword.
const LeastPassword = 8

// leastWord is how long a word about the person must be for a password not to contain it: shorter ones are in
// everything.
const leastWord = 4

// AcceptPassword is the one rule for passwords that people choose. about is what anybody knows of the person and of this
// site: it gives the message that says what is wrong, or "".
func AcceptPassword(password string, about ...string) string {
	if len(password) < LeastPassword || len(password) > secret.MaxPassword {
		return "problem.password"
	}
	plain := strings.ToLower(password)
	if commonPasswords()[plain] {
		return "problem.password_common"
	}
	for _, word := range about {
		for _, form := range []string{strings.ToLower(word), strings.ReplaceAll(strings.ToLower(word), " ", "")} {
			if form == plain || len(form) >= leastWord && strings.Contains(plain, form) {
				return "problem.password_personal"
			}
		}
	}
	return ""
}

// MailName is the part of an e-mail address that is about the person.
func MailName(email string) string {
	name, _, _ := strings.Cut(strings.TrimSpace(email), "@")
	return name
}

// commonPasswords are what people choose most often and attackers try first, in small letters; shorter ones than
// LeastPassword are left out. From zxcvbn's list, see NOTICE.
var commonPasswords = sync.OnceValue(func() map[string]bool {
	common := map[string]bool{}
	for line := range strings.Lines(commonText) {
		common[strings.TrimSuffix(line, "\n")] = true
	}
	return common
})

//go:embed common_passwords.txt
var commonText string
