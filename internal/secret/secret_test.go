package secret

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"launchpad/internal/core"
)

func FuzzDecode(f *testing.F) {
	f.Add(New(AppSecret).Reveal())
	f.Add("lp_cs_")
	f.Add("lp_cs_000000")
	f.Fuzz(func(t *testing.T, s string) {
		payload, ok := Decode(AppSecret, s)
		if ok && Encode(AppSecret, payload) != s {
			t.Errorf("%q has a second spelling", s)
		}
	})
}

func FuzzEncode(f *testing.F) {
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0xff}, 33))
	f.Fuzz(func(t *testing.T, payload []byte) {
		s := Encode(Code, payload)
		back, ok := Decode(Code, s)
		if !ok || !bytes.Equal(back, payload) {
			t.Errorf("%x came back as %x, %v", payload, back, ok)
		}
		if strings.Trim(s, alphabet+"_") != "" {
			t.Errorf("%q has characters that some clients cannot carry", s)
		}
	})
}

func FuzzOpen(f *testing.F) {
	box, err := NewBox(make([]byte, KeySize))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(box.Seal(nil, []byte("plain"), []byte("bound")))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if plain, err := box.Open(sealed, []byte("other")); err == nil {
			t.Errorf("opened under another binding: %q", plain)
		}
	})
}

// Every single change of a character is noticed by the checksum or the spelling.
func TestATypoIsNoticed(t *testing.T) {
	s := New(PersonalToken).Reveal()
	for i := range s {
		for _, c := range []byte("aZ0_") {
			if s[i] == c {
				continue
			}
			if _, ok := Decode(PersonalToken, s[:i]+string(c)+s[i+1:]); ok {
				t.Errorf("character %d changed to %c was not noticed", i, c)
			}
		}
	}
}

func TestBoxBindsAndHides(t *testing.T) {
	box, err := NewBox(Bytes(KeySize))
	if err != nil {
		t.Fatal(err)
	}
	sealed := box.Seal([]byte("head"), []byte("plain"), []byte("bound"))[4:]
	plain, err := box.Open(sealed, []byte("bound"))
	if err != nil || string(plain) != "plain" {
		t.Fatalf("open: %q, %v", plain, err)
	}
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		if _, err := box.Open(broken, []byte("bound")); err == nil {
			t.Errorf("byte %d changed and still opened", i)
		}
	}
	if bytes.Equal(sealed, box.Seal(nil, []byte("plain"), []byte("bound"))) {
		t.Error("two seals of the same are equal")
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	s := New(Session)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s)
	for _, shown := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s, s), log.String()} {
		if strings.Contains(shown, "lp_ss_") {
			t.Errorf("shown: %s", shown)
		}
	}
}

func TestIDsAreTimeOrderedAndVersion7(t *testing.T) {
	at := time.UnixMilli(1_900_000_000_000)
	a, b := NewID(at), NewID(at.Add(time.Millisecond))
	if a.String() >= b.String() || a[6]>>4 != 7 || a[8]>>6 != 2 {
		t.Errorf("%s, %s", a, b)
	}
	back, err := core.ParseID(a.String())
	if err != nil || back != a {
		t.Errorf("parse: %s, %v", back, err)
	}
	for _, bad := range []string{"", strings.ToUpper(a.String()), a.String() + "0", strings.ReplaceAll(a.String(), "-", "")} {
		if _, err := core.ParseID(bad); err == nil && bad != a.String() {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestPasswords(t *testing.T) {
	gate := NewGate(time.Minute)
	hash, err := gate.HashPassword(t.Context(), "pass\x00word")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %s", hash)
	}
	for password, want := range map[string]bool{"pass\x00word": true, "pass": false, "pass\x00wordx": false, "": false} {
		if got, err := gate.CheckPassword(t.Context(), SlowLane, password, hash); got != want || err != nil {
			t.Errorf("%q: %v, %v; want %v", password, got, err, want)
		}
	}
	if ok, err := gate.CheckPassword(t.Context(), SlowLane, "", ""); ok || err != nil {
		t.Errorf("an absent hash matches: %v, %v", ok, err)
	}
}
