package secret

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// The hashes of "correct horse" that other programs made.
var foreignHashes = map[string]string{
	"bcrypt, as Ruby's":        "$2a$04$TD9vRs5pzzUqiOTmqoXIeORa8BGOuOHLv6F6NrJUFrTmV3jbonPAC",
	"bcrypt, as libc's":        "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
	"Argon2id":                 "$argon2id$v=19$m=7168,t=5,p=1$MDEyMzQ1Njc4OWFiY2RlZg$2Ek5zMZVGrFVTlHZZgywf+fd0fS6/y+DB3Z5fAX1+zM",
	"Argon2i":                  "$argon2i$v=19$m=4096,t=3,p=2$MDEyMzQ1Njc4OWFiY2RlZg$yzxlzPQyfoowuD37mZoLcXaK/on4xJJEDx4g1LOjzVg",
	"PBKDF2, as Keycloak's":    "$pbkdf2-sha512$i=1000$MDEyMzQ1Njc4OWFiY2RlZg==$OM0FAoIqCVK1sWtxDiffVlBejtLa+ks4TP71JiecwuSZCG8iLbnlIEPOMoVX+i2B2wkSxjQ8CRGR9OkNGuIPMQ==",
	"PBKDF2, as Hydra's":       "$pbkdf2-sha256$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$cBg8D2DungRB9k76szThf5ehfyBz991ay6PT8Srwk4M",
	"PBKDF2, as Passlib's":     "$pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg$cBg8D2DungRB9k76szThf5ehfyBz991ay6PT8Srwk4M",
	"PBKDF2, as Django's":      "pbkdf2_sha256$1000$textsalt$L2paXf88bcNNVhxUbgoZqNJ31ruJ5OUWKFwYRrt5Gr8=",
	"PBKDF2 with SHA-1":        "$pbkdf2$i=1000$MDEyMzQ1Njc4OWFiY2RlZg$aUfE2vx5Q7zgbb0jx49AaNpXUQQ=",
	"scrypt":                   "$scrypt$ln=4,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$OAkZqUBelG6VIYdTJfYSENL5OmZRxMa3GwXn5oFliTg=",
	"a secret that was chosen": HashSecret("correct horse"),
}

func TestForeignHashesAreCompared(t *testing.T) {
	gate := NewGate(time.Minute)
	for name, hash := range foreignHashes {
		if err := CheckForeign(hash); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for password, want := range map[string]bool{"correct horse": true, "correct horsf": false, "": false} {
			if got, err := gate.CheckPassword(t.Context(), SlowLane, password, hash); err != nil || got != want {
				t.Errorf("%s: %q is right: %t, %v; want %t", name, password, got, err, want)
			}
		}
	}
}

// What a string of somebody else's would cost is bounded before anything is computed.
func TestHostileCostsAreRefused(t *testing.T) {
	salt, key := "MDEyMzQ1Njc4OWFiY2RlZg", strings.Repeat("A", 43)
	for _, hash := range []string{
		"$2a$15$TD9vRs5pzzUqiOTmqoXIeORa8BGOuOHLv6F6NrJUFrTmV3jbonPAC",
		"$2a$31$TD9vRs5pzzUqiOTmqoXIeORa8BGOuOHLv6F6NrJUFrTmV3jbonPAC",
		"$argon2id$v=19$m=4194304,t=1,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=65536,t=100000,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=65536,t=1,p=255$" + salt + "$" + key,
		"$argon2id$v=19$m=0,t=0,p=0$" + salt + "$" + key,
		"$argon2d$v=19$m=7168,t=5,p=1$" + salt + "$" + key,
		"$argon2id$v=16$m=7168,t=5,p=1$" + salt + "$" + key,
		"$scrypt$ln=30,r=8,p=1$" + salt + "$" + key,
		"$scrypt$ln=17,r=8,p=16$" + salt + "$" + key,
		"$scrypt$ln=15,r=1000000000,p=1$" + salt + "$" + key,
		"$scrypt$ln=0,r=0,p=0$" + salt + "$" + key,
		"$pbkdf2-sha256$i=2000001$" + salt + "$" + key,
		"$pbkdf2-sha256$i=1000000$" + salt + "$" + strings.Repeat("A", 600),
		"$pbkdf2-sha256$i=0$" + salt + "$" + key,
		"$pbkdf2-sha256$i=-1$" + salt + "$" + key,
		"$pbkdf2-md5$i=1000$" + salt + "$" + key,
		"pbkdf2_sha256$1000$salt$",
		"$pbkdf2-sha256$i=1000$" + salt + "$AAAA",
		"$argon2id$" + strings.Repeat("$", 2000),
		"correct horse", "", "$", "{SSHA}abcdef",
	} {
		begun := time.Now()
		if err := CheckForeign(hash); !errors.Is(err, ErrForeignHash) {
			t.Errorf("%q: got %v, want %v", hash, err, ErrForeignHash)
		}
		if took := time.Since(begun); took > time.Second {
			t.Errorf("%q: took %s", hash, took)
		}
	}
}

func FuzzReadForeign(f *testing.F) {
	for _, hash := range foreignHashes {
		f.Add(hash)
	}
	f.Fuzz(func(t *testing.T, hash string) {
		read, err := readForeign(hash)
		if err != nil {
			if !errors.Is(err, ErrForeignHash) {
				t.Errorf("%q: %v", hash, err)
			}
			return
		}
		if read.equals == nil || read.memory > maxForeignMemory {
			t.Errorf("%q: takes %d bytes", hash, read.memory)
		}
	})
}

// What 128 random bits look like, and what only resembles them.
func TestRandomSecretsAreToldFromChosenOnes(t *testing.T) {
	for range 1000 {
		made := New(AppSecret).Reveal()
		if body := made[len("lp_cs_"):]; !Random(body) {
			t.Errorf("%s was made at random", body)
		}
	}
	for s, want := range map[string]bool{
		"7K9dNtHsSqG9mr7YgYBlUzIWqrw2_PSVfkc3IVSn3NM":                      true, // Doorkeeper's
		"0123456789abcdef0123456789abcdef":                                 true,
		"b9f0c7a1d2e34f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f90": true,
		"Correct-Horse-Battery-Staple-2019":                                false,
		"correct horse battery staple over and over":                       false,
		"11111111111111111111111111111111":                                 false,
		"abababababababababababababababababab":                             false,
		"0123456789abcdef0123456789abcde":                                  false,
		"7b0f3c1e-8a52-4f0e-9c1d-2b3a4c5d6e7f":                             false, // a UUID has 122
		"secret":                                                           false, "": false,
	} {
		if got := Random(s); got != want {
			t.Errorf("%q: %t, want %t", s, got, want)
		}
	}
}

func TestTheDigestOfAHashIsTheDigestOfTheSecret(t *testing.T) {
	const hexOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if got, ok := DigestOfSHA256(hexOfAbc); !ok || got != Digest("abc") {
		t.Errorf("got %q, %t, want %q", got, ok, Digest("abc"))
	}
	for _, wrong := range []string{"", "abc", hexOfAbc[1:], strings.ToUpper(hexOfAbc), hexOfAbc + "00"} {
		if got, ok := DigestOfSHA256(wrong); ok {
			t.Errorf("%q: %q", wrong, got)
		}
	}
}
