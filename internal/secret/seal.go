package secret

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// KeySize of a sealing key, in bytes.
const KeySize = chacha20poly1305.KeySize

// NonceSize of a seal, in bytes; random ones of this size never collide.
const NonceSize = chacha20poly1305.NonceSizeX

// Derive makes a key of KeySize bytes from a master key. Each purpose has another one, which tells nothing of the others.
func Derive(master []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, master, nil, purpose, KeySize)
	if err != nil {
		panic(err) // of lengths that are too large, and this one is not
	}
	return key
}

var errSeal = errors.New("seal does not open")

// Box seals with one key: XChaCha20-Poly1305.
type Box struct{ aead cipher.AEAD }

// NewBox wraps a key of KeySize bytes.
func NewBox(key []byte) (Box, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return Box{}, fmt.Errorf("make box: %w", err)
	}
	return Box{aead}, nil
}

// Seal appends nonce and ciphertext to dst. bound is authenticated along and must be given again to open.
func (b Box) Seal(dst, plain, bound []byte) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, NonceSize)...)
	rand.Read(dst[start:])
	return b.aead.Seal(dst, dst[start:start+NonceSize], plain, bound)
}

// Open reverses Seal. Every failure is the same error: which part was wrong is nobody's business.
func (b Box) Open(sealed, bound []byte) ([]byte, error) {
	if len(sealed) < NonceSize+chacha20poly1305.Overhead {
		return nil, errSeal
	}
	plain, err := b.aead.Open(nil, sealed[:NonceSize], sealed[NonceSize:], bound)
	if err != nil {
		return nil, errSeal
	}
	return plain, nil
}
