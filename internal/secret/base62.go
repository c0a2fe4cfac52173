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

var digit = func() (d [256]byte) {
	for i := range d {
		d[i] = 0xff
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
	for range n {
		dst = append(dst, 0)
	}
	for i := n - 1; i >= 0; i-- {
		dst[start+i] = alphabet[v%62]
		v /= 62
	}
	return dst
}

// decodeBase62 accepts only what appendBase62 writes: one secret has one spelling.
func decodeBase62(s string) ([]byte, bool) {
	out := make([]byte, 0, len(s)*8/11+1)
	for len(s) > 0 {
		k := min(11, len(s))
		n := tailBytes(k)
		if n == 0 {
			return nil, false
		}
		v, ok := value(s[:k])
		if !ok || n < 8 && v>>(8*n) != 0 {
			return nil, false
		}
		var chunk [8]byte
		binary.BigEndian.PutUint64(chunk[:], v)
		out = append(out, chunk[8-n:]...)
		s = s[k:]
	}
	return out, true
}

func tailBytes(characters int) int {
	for n, k := range tailLength {
		if k == characters {
			return n
		}
	}
	return 0
}

func value(s string) (v uint64, ok bool) {
	for i := range len(s) {
		d := digit[s[i]]
		high, low := bits.Mul64(v, 62)
		sum, carry := bits.Add64(low, uint64(d), 0)
		if d == 0xff || high != 0 || carry != 0 {
			return 0, false
		}
		v = sum
	}
	return v, true
}

// Spell writes a number that is no secret in the alphabet of those that are.
func Spell(n uint64) string {
	return string(appendDigits(make([]byte, 0, tailLength[8]), n, tailLength[8]))
}
