package secret

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"hash/crc32"
	"log/slog"
	"strings"

	"launchpad/internal/core"
)

// Every secret string is prefix + base62 payload + six characters of CRC-32 over all before them. The prefix and
// the checksum let scanners find a leak, and let us refuse a typo without asking the database.

// Prefix tells what a string is. It is part of what is checked, so no kind passes as another.
type Prefix string

const (
	AccessToken   Prefix = "lp_at_"
	RefreshToken  Prefix = "lp_rt_"
	Code          Prefix = "lp_ac_"
	PersonalToken Prefix = "lp_pat_"
	AppSecret     Prefix = "lp_cs_"
	Session       Prefix = "lp_ss_"
	Interaction   Prefix = "lp_ia_"
	Device        Prefix = "lp_dv_"
	SetupLink     Prefix = "lp_su_"
	Invitation    Prefix = "lp_iv_"
	Registration  Prefix = "lp_rg_"
	Site          Prefix = "lp_st_"
)

const checksumLength = 6

// Encode writes payload as a string of the kind.
func Encode(prefix Prefix, payload []byte) string {
	b := make([]byte, 0, len(prefix)+len(payload)*11/8+12+checksumLength)
	b = append(b, prefix...)
	b = appendBase62(b, payload)
	return string(appendDigits(b, uint64(crc32.ChecksumIEEE(b)), checksumLength))
}

// Decode reads what Encode wrote; ok is false for another prefix, a wrong checksum or another spelling.
func Decode(prefix Prefix, s string) (payload []byte, ok bool) {
	if !strings.HasPrefix(s, string(prefix)) || len(s) < len(prefix)+checksumLength {
		return nil, false
	}
	b := []byte(s)
	body, sum := b[:len(s)-checksumLength], b[len(s)-checksumLength:]
	if v, ok := value(sum); !ok || v != uint64(crc32.ChecksumIEEE(body)) {
		return nil, false
	}
	return decodeBase62(body[len(prefix):])
}

// Text is a secret in memory: it prints as "[secret]" wherever a log or an error might show it.
type Text string

// Reveal gives the secret itself, for the one place that sends it to its owner.
func (t Text) Reveal() string { return string(t) }

func (Text) String() string               { return "[secret]" }
func (Text) GoString() string             { return "[secret]" }
func (Text) LogValue() slog.Value         { return slog.StringValue("[secret]") }
func (Text) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// New makes a secret of 256 random bits.
func New(prefix Prefix) Text { return Text(Encode(prefix, Bytes(32))) }

// NewHandle makes a secret that carries the id of its own row, so that the row is found by primary key and no
// index over random digests is needed. The digest is of the whole string.
func NewHandle(prefix Prefix, id core.ID) Text {
	return Text(Encode(prefix, append(id[:], Bytes(32)...)))
}

// OpenHandle reads the row's id out of a handle. The caller compares the digest.
func OpenHandle(prefix Prefix, s string) (core.ID, bool) {
	payload, ok := Decode(prefix, s)
	if !ok || len(payload) != 16+32 {
		return core.ID{}, false
	}
	return core.ID(payload[:16]), true
}

// Digest is what the store keeps of a secret that we generated: such secrets have at least 128 random bits, so
// one SHA-256 cannot be reversed by guessing.
func Digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Matches compares a presented secret with a stored digest in constant time.
func Matches(presented, digest string) bool { return Equal(Digest(presented), digest) }

// Equal compares in constant time.
func Equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// ClientID spells an app's id for the wire: letters and digits only, so that every client library ever written
// can carry it, encoded or not.
func ClientID(id core.ID) string {
	return string(appendBase62(append(make([]byte, 0, 32), "app_"...), id[:]))
}
