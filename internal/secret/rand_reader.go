package secret

import (
	"crypto/rand"
	"io"
)

// Reader is for libraries that make their own keys.
var Reader io.Reader = rand.Reader
