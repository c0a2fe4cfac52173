package keys

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// KY03: the files of the database, and so any copy of them, hold no private key in any spelling.
func TestTheDatabaseAloneHoldsNoPrivateKey(t *testing.T) {
	where, c := dsn(t), newClock()
	k, err := openAt(t, where, c, func(o *Options) { o.MasterKey = bytes.Repeat([]byte("0123456789abcdef"), 2) })
	must(t, err)
	for _, ring := range rings {
		must(t, k.Rotate(t.Context(), ring))
	}
	rows, err := k.o.Store.Keys(t.Context())
	must(t, err)
	private := map[string][]byte{}
	for _, row := range rows {
		key, err := k.master.open(row)
		must(t, err)
		if Ring(row.Ring) == RingSigning {
			parsed, err := x509.ParsePKCS8PrivateKey(key)
			must(t, err)
			key, err = parsed.(*ecdsa.PrivateKey).Bytes()
			must(t, err)
		}
		private[row.ID] = key
	}
	must(t, k.Revoke(t.Context(), rows[0].ID))
	must(t, k.Rewrap(t.Context(), bytes.Repeat([]byte{1}, 32)))

	var all []byte
	files, err := filepath.Glob(strings.TrimPrefix(where, "sqlite:") + "*")
	must(t, err)
	for _, file := range files {
		content, err := os.ReadFile(file)
		must(t, err)
		all = append(all, content...)
	}
	if !bytes.Contains(all, []byte(rows[1].Wrapped)) {
		t.Fatal("the search does not even find the encrypted keys")
	}
	lower := bytes.ToLower(all)
	for id, key := range private {
		if len(key) != 32 {
			t.Fatalf("%s has %d bytes", id, len(key))
		}
		if bytes.Contains(all, key) || bytes.Contains(lower, []byte(hex.EncodeToString(key))) {
			t.Errorf("%s is in the files", id)
		}
		// base64 spells bytes by threes, so a key inside of something longer has three spellings.
		for shift := range 3 {
			piece := key[shift : shift+27]
			if bytes.Contains(all, []byte(base64.StdEncoding.EncodeToString(piece))) || bytes.Contains(all, []byte(base64.URLEncoding.EncodeToString(piece))) {
				t.Errorf("%s is in the files, in base64", id)
			}
		}
	}
	if bytes.Contains(all, k.o.MasterKey[:16]) {
		t.Error("the master key is in the files")
	}
}
