package core

import (
	"database/sql/driver"
	"encoding/hex"
	"fmt"
)

// ID is a UUIDv7 (RFC 9562 §5.7): time-ordered, so that new rows land at the end of their index. The zero ID
// means "none" and is stored as NULL.
type ID [16]byte

// String gives the canonical 36 characters.
func (id ID) String() string {
	var b [36]byte
	hex.Encode(b[0:8], id[0:4])
	hex.Encode(b[9:13], id[4:6])
	hex.Encode(b[14:18], id[6:8])
	hex.Encode(b[19:23], id[8:10])
	hex.Encode(b[24:36], id[10:16])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// ParseID reads the canonical form in lower case, and nothing else: one row has one name.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, fmt.Errorf("parse id: %w", ErrNotFound)
	}
	packed := s[0:8] + s[9:13] + s[14:18] + s[19:23] + s[24:36]
	if _, err := hex.Decode(id[:], []byte(packed)); err != nil || id.String() != s {
		return ID{}, fmt.Errorf("parse id: %w", ErrNotFound)
	}
	return id, nil
}

// Zero reports whether the ID is absent.
func (id ID) Zero() bool { return id == ID{} }

// Value stores the ID as text, and the absent one as NULL.
func (id ID) Value() (driver.Value, error) {
	if id.Zero() {
		return nil, nil
	}
	return id.String(), nil
}

// Scan reads what Value stored.
func (id *ID) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*id = ID{}
		return nil
	case string:
		parsed, err := ParseID(v)
		*id = parsed
		return err
	}
	return fmt.Errorf("scan id: unexpected %T", src)
}

// MarshalText writes the canonical form, and nothing for the absent ID.
func (id ID) MarshalText() ([]byte, error) {
	if id.Zero() {
		return nil, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = ID{}
		return nil
	}
	parsed, err := ParseID(string(text))
	*id = parsed
	return err
}
