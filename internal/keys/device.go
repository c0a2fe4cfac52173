package keys

import (
	"encoding/binary"
	"time"

	"launchpad/internal/core"
	"launchpad/internal/secret"
)

// Device is a browser in which people have proved themselves: what its cookie says.
type Device struct {
	ID     core.ID
	SeenAt time.Time // when the last of them did; whole seconds
	People []Person
}

// Person is digests of somebody's e-mail address and password: who is known here can be told before the store is asked.
type Person [16]byte

// MostPeople is how many a device keeps in mind.
const MostPeople = 4

// SealDevice writes a device's cookie.
func (k *Keys) SealDevice(d Device) string {
	sealed, _ := k.seal(RingDevice, secret.Device, appendDevice(nil, d))
	return sealed
}

// OpenDevice reads one. It says nothing about its age.
func (k *Keys) OpenDevice(s string) (Device, error) {
	payload, _, err := k.open(RingDevice, secret.Device, s)
	if err != nil {
		return Device{}, err
	}
	return parseDevice(payload)
}

func appendDevice(b []byte, d Device) []byte {
	b = append(b, d.ID[:]...)
	b = binary.AppendUvarint(b, uint64(d.SeenAt.Unix()))
	for _, person := range d.People {
		b = append(b, person[:]...)
	}
	return b
}

func parseDevice(b []byte) (Device, error) {
	var d Device
	r := reader{b: b}
	d.ID = r.id()
	d.SeenAt = time.Unix(int64(r.upTo(lastSecond)), 0).UTC()
	for len(r.b) > 0 && !r.bad {
		d.People = append(d.People, Person(r.id()))
		r.refuse(len(d.People) > MostPeople)
	}
	return d, r.end()
}
