package secret

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/pbkdf2"
	"golang.org/x/crypto/scrypt"
)

// Hashes of other servers. What they cost stands in the string, which somebody else wrote: beyond these bounds it is
// refused, when it is imported and when it is compared.
const (
	maxBcryptCost    = 14        // about a second
	maxPBKDF2Blocks  = 2_000_000 // iterations times blocks of the key: about a second
	maxForeignMemory = 128 << 20 // bytes, of Argon2 and scrypt
	maxForeignWork   = 512 << 20 // bytes that are filled, all passes together
	maxForeignLanes  = 16
	maxForeignText   = 1024
	maxForeignKey    = 512
)

// ErrForeignHash: not a hash that we can compare, or one that costs too much.
var ErrForeignHash = errors.New("unknown or too expensive hash")

// foreign is a hash that another server made.
type foreign struct {
	memory int // bytes that comparing takes
	equals func(password string) bool
}

// CheckForeign reports whether we could compare a password with a hash of another server.
func CheckForeign(hash string) error {
	_, err := readForeign(hash)
	return err
}

// IsForeign reports whether a hash is not of the form that we make ourselves.
func IsForeign(hash string) bool { return hash != "" && !strings.HasPrefix(hash, phcHeader) }

// IsSlow tells the hash of a password from the digest of a secret of ours.
func IsSlow(digest string) bool { return strings.Contains(digest, "$") }

// readForeign knows: bcrypt ($2a$, $2b$, $2y$), and Argon2, scrypt and PBKDF2 as PHC strings, the last one also as
// Django (pbkdf2_sha256$…) and Passlib (without i=) write it.
func readForeign(text string) (foreign, error) {
	if len(text) > maxForeignText {
		return foreign{}, ErrForeignHash
	}
	if strings.HasPrefix(text, "$2") {
		return readBcrypt(text)
	}
	fields := strings.Split(strings.TrimPrefix(text, "$"), "$")
	switch name := strings.ReplaceAll(fields[0], "_", "-"); {
	case strings.HasPrefix(name, "argon2"):
		return readArgon2(fields)
	case name == "scrypt":
		return readScrypt(fields)
	case strings.HasPrefix(name, "pbkdf2"):
		return readPBKDF2(name, fields, !strings.HasPrefix(text, "$"))
	}
	return foreign{}, ErrForeignHash
}

func readBcrypt(text string) (foreign, error) {
	hash := []byte(text)
	cost, err := bcrypt.Cost(hash)
	if err != nil || cost > maxBcryptCost {
		return foreign{}, ErrForeignHash
	}
	return foreign{equals: func(password string) bool {
		return bcrypt.CompareHashAndPassword(hash, []byte(password)) == nil
	}}, nil
}

// readArgon2: $argon2id$v=19$m=65536,t=3,p=4$salt$key.
func readArgon2(f []string) (foreign, error) {
	if len(f) != 5 || f[1] != "v=19" {
		return foreign{}, ErrForeignHash
	}
	p := parameters(f[2])
	m, passes, lanes := p["m"], p["t"], p["p"]
	salt, key, err := saltAndKey(f[3], f[4])
	if err != nil || lanes < 1 || lanes > maxForeignLanes || passes < 1 || m < 8*lanes || m > maxForeignMemory>>10 || m<<10*passes > maxForeignWork {
		return foreign{}, ErrForeignHash
	}
	derive := argon2.IDKey
	switch f[0] {
	case "argon2id":
	case "argon2i":
		derive = argon2.Key
	default: // Argon2d gives way to who can watch the cache
		return foreign{}, ErrForeignHash
	}
	return foreign{memory: m << 10, equals: func(password string) bool {
		return Equal(string(derive([]byte(password), salt, uint32(passes), uint32(m), uint8(lanes), uint32(len(key)))), string(key))
	}}, nil
}

// readScrypt: $scrypt$ln=15,r=8,p=1$salt$key.
func readScrypt(f []string) (foreign, error) {
	if len(f) != 4 {
		return foreign{}, ErrForeignHash
	}
	p := parameters(f[1])
	ln, r, lanes := p["ln"], p["r"], p["p"]
	salt, key, err := saltAndKey(f[2], f[3])
	if err != nil || ln < 1 || ln > 20 || r < 1 || r > 64 || lanes < 1 || lanes > maxForeignLanes {
		return foreign{}, ErrForeignHash
	}
	memory := 128 * r << ln
	if memory > maxForeignMemory || memory*lanes > maxForeignWork {
		return foreign{}, ErrForeignHash
	}
	return foreign{memory: memory, equals: func(password string) bool {
		got, err := scrypt.Key([]byte(password), salt, 1<<ln, r, lanes, len(key))
		return err == nil && Equal(string(got), string(key))
	}}, nil
}

// readPBKDF2: $pbkdf2-sha256$i=27500$salt$key, Passlib's $pbkdf2-sha256$29000$salt$key, and Django's
// pbkdf2_sha256$260000$salt$key, whose salt is plain text.
func readPBKDF2(name string, f []string, django bool) (foreign, error) {
	hashes := map[string]func() hash.Hash{"pbkdf2": sha1.New, "pbkdf2-sha1": sha1.New, "pbkdf2-sha256": sha256.New, "pbkdf2-sha512": sha512.New}
	made, known := hashes[name]
	if !known || len(f) != 4 {
		return foreign{}, ErrForeignHash
	}
	iterations := parameters(f[1])["i"]
	if n, err := strconv.Atoi(f[1]); err == nil {
		iterations = n
	}
	salt, key, err := saltAndKey(f[2], f[3])
	if django {
		salt = []byte(f[2])
		key, err = decodeAny(f[3])
	}
	if err != nil || len(key) == 0 || len(key) > maxForeignKey || iterations < 1 || iterations > maxPBKDF2Blocks {
		return foreign{}, ErrForeignHash
	}
	if blocks := (len(key) + made().Size() - 1) / made().Size(); iterations*blocks > maxPBKDF2Blocks {
		return foreign{}, ErrForeignHash
	}
	return foreign{equals: func(password string) bool {
		return Equal(string(pbkdf2.Key([]byte(password), salt, iterations, len(key), made)), string(key))
	}}, nil
}

// parameters reads "m=65536,t=3"; what is no number is 0, which nothing accepts.
func parameters(text string) map[string]int {
	found := map[string]int{}
	for pair := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(pair, "=")
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > 1<<30 {
			n = 0
		}
		found[name] = n
	}
	return found
}

func saltAndKey(salt, key string) ([]byte, []byte, error) {
	s, err := decodeAny(salt)
	if err != nil {
		return nil, nil, err
	}
	k, err := decodeAny(key)
	if err != nil || len(k) < 16 || len(k) > maxForeignKey {
		return nil, nil, ErrForeignHash
	}
	return s, k, nil
}

// decodeAny reads base64 with or without padding, of either alphabet, also Passlib's with "." for "+".
func decodeAny(text string) ([]byte, error) {
	text = strings.NewReplacer(".", "+", "-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	return base64.RawStdEncoding.DecodeString(text)
}

// DigestOfSHA256 is Digest of a string of which only the SHA-256 is known, as Doorkeeper keeps it: 64 small hex digits.
func DigestOfSHA256(text string) (digest string, ok bool) {
	sum, err := hex.DecodeString(text)
	if err != nil || len(sum) != sha256.Size || strings.ToLower(text) != text {
		return "", false
	}
	return base64.RawURLEncoding.EncodeToString(sum), true
}

// Random judges whether a string of another server has at least 128 random bits, so that one SHA-256 of it cannot be
// reversed by guessing: 32 or more hex digits of which 10 are different, or 32 or more letters and digits, small and
// large, in which the three kinds change as often as they do in a random string. What is not of these forms may be a
// sentence that somebody chose.
func Random(s string) bool {
	const shortest, longest = 32, 512
	if len(s) < shortest || len(s) > longest {
		return false
	}
	different := map[rune]bool{}
	kinds := map[int]bool{}
	last, changes, onlyHex := 0, 0, true
	for _, c := range s {
		different[c] = true
		onlyHex = onlyHex && (c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F')
		kind := kindOf(c)
		if kind < 0 {
			return false
		}
		if kind == 0 {
			continue // "-" and "_" stand between words as well
		}
		if last != 0 && kind != last {
			changes++
		}
		kinds[kind], last = true, kind
	}
	if onlyHex {
		return len(different) >= 10
	}
	return len(kinds) == 3 && len(different) >= 16 && changes >= len(s)/3
}

func kindOf(c rune) int {
	switch {
	case c == '-' || c == '_':
		return 0
	case c >= '0' && c <= '9':
		return 1
	case c >= 'a' && c <= 'z':
		return 2
	case c >= 'A' && c <= 'Z':
		return 3
	}
	return -1
}
