package keys

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"launchpad/internal/secret"
)

// Decision 13.
func TestDevicesComeBack(t *testing.T) {
	k := mustOpen(t, dsn(t), "https://a.example", make([]byte, secret.KeySize))
	want := Device{ID: id(1), SeenAt: time.Unix(1_900_000_000, 0).UTC(), People: []Person{{2}, {3}}}
	cookie := k.SealDevice(want)
	got, err := k.OpenDevice(cookie)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	payload, _ := secret.Decode(secret.Device, cookie)
	if _, err := k.OpenInteraction(secret.Encode(secret.Interaction, payload)); err == nil {
		t.Error("a device opened as an interaction")
	}
	want.People = make([]Person, MostPeople+1)
	if _, err := k.OpenDevice(k.SealDevice(want)); err == nil {
		t.Error("a device of too many people opened")
	}
}

func FuzzDevicePayload(f *testing.F) {
	f.Add(appendDevice(nil, Device{ID: id(1), SeenAt: time.Unix(1_900_000_000, 0), People: []Person{{2}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, err := parseDevice(b); err == nil {
			if again, err := parseDevice(appendDevice(nil, d)); err != nil || !cmp.Equal(d, again) {
				t.Errorf("%x: %+v is not stable: %v", b, d, err)
			}
		}
	})
}
