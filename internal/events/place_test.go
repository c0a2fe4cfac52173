package events

import "testing"

func FuzzPlace(f *testing.F) {
	for _, seed := range []string{"", "0", "1.0123456789abcdef", "01.0123456789abcdef", "-1.0123456789abcdef", "1.", "9223372036854775808.0123456789abcdef"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := ParsePlace(text)
		if ok && p.String() != text || ok && p.Seq < 0 || !ok && p != (Place{}) {
			t.Errorf("%q is read as %v, %v", text, p, ok)
		}
	})
}
