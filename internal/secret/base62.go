package secret

import (
	"encoding/binary"
	"math/bits"
)

// Base62 in chunks: 8 bytes become 11 characters and a shorter tail a fixed number of its own. Chunks keep the
// arithmetic inside one machine word, where whole-number base62 would need big integers.

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// tailLength[n] is how many characters n bytes take.
var tailLength = [9]int{0, 2, 3, 5, 6, 7, 9, 10, 11}

// noDigit has a bit that no digit has, and all that they have.
const noDigit = 0xff

var digit = func() (d [256]byte) {
	for i := range d {
		d[i] = noDigit
	}
	for i := range len(alphabet) {
		d[alphabet[i]] = byte(i)
	}
	return d
}()

func appendBase62(dst, src []byte) []byte {
	for len(src) > 0 {
		n := min(8, len(src))
		var chunk [8]byte
		copy(chunk[8-n:], src[:n])
		dst = appendDigits(dst, binary.BigEndian.Uint64(chunk[:]), tailLength[n])
		src = src[n:]
	}
	return dst
}

func appendDigits(dst []byte, v uint64, n int) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, n)...)
	for i := n - 1; i >= 0; i-- {
		dst[start+i] = alphabet[v%62]
		v /= 62
	}
	return dst
}

// decodeBase62 accepts only what appendBase62 writes: one secret has one spelling. It writes over s, which is longer.
func decodeBase62(s []byte) ([]byte, bool) {
	out := s[:0]
	for ; len(s) >= tailLength[8]; s = s[tailLength[8]:] {
		v, ok := value(s[:tailLength[8]])
		if !ok {
			return nil, false
		}
		out = binary.BigEndian.AppendUint64(out, v)
	}
	if len(s) == 0 {
		return out, true
	}
	n := tailBytes(len(s))
	v, ok := value(s)
	if n == 0 || !ok || v>>(8*n) != 0 {
		return nil, false
	}
	var chunk [8]byte
	binary.BigEndian.PutUint64(chunk[:], v)
	return append(out, chunk[8-n:]...), true
}

func tailBytes(characters int) int {
	for n, k := range tailLength {
		if k == characters {
			return n
		}
	}
	return 0
}

// safeDigits are those that no number overflows with.
const safeDigits = 10

// value reads up to 11 digits.
func value(s []byte) (v uint64, ok bool) {
	var all byte
	for _, c := range s[:min(len(s), safeDigits)] {
		d := digit[c]
		all |= d
		v = v*62 + uint64(d)
	}
	if len(s) > safeDigits {
		d := digit[s[safeDigits]]
		all |= d
		high, low := bits.Mul64(v, 62)
		var carry uint64
		if v, carry = bits.Add64(low, uint64(d), 0); high != 0 || carry != 0 {
			return 0, false
		}
	}
	return v, all != noDigit
}

// Spell writes a number that is no secret in the alphabet of those that are.
func Spell(n uint64) string {
	return string(appendDigits(make([]byte, 0, tailLength[8]), n, tailLength[8]))
}
