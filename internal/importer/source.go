package importer

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"
)

// Source is what another server holds. What it has nothing of is nil.
type Source struct {
	People  Rows[Person]
	Members Rows[Member]
	Apps    Rows[App]
	Tokens  Rows[Token]
	// Ambiguous says why the tokens and secrets cannot be read without being told how they are stored; "": they can.
	Ambiguous string
	// LeftOut says what the source holds that is never brought.
	LeftOut []string
}

// Rows gives one row after the other. An error of its own ends the import, one of yield ends the reading.
type Rows[T any] struct {
	Count int // how many there are, roughly; 0: unknown
	Each  func(ctx context.Context, yield func(T) error) error
}

// Row is what all rows have.
type Row struct {
	Key    string // in the source
	Broken string // why it could not be read; "": it could
}

// Person is somebody who may sign in, or whose tokens come along.
type Person struct {
	Row
	Email, Name  string
	PasswordHash string // "": none is known
}

// Member is a person's place in an account.
type Member struct {
	Row
	PersonKey  string
	Slug, Name string // of the account
	Role       string // "": member
}

// App is a client.
type App struct {
	Row
	ClientID, Name string
	Secret         Stored
	RedirectURIs   []string
	Scope          string // "": any
	Public         bool
	OwnerKey       string
	CreatedAt      time.Time
}

// Token is what an app was given, for a person or for itself.
type Token struct {
	Row
	AppKey    string
	PersonKey string // "": the app acts for itself
	Access    Stored
	Refresh   Stored
	Replaces  Stored // the refresh token that it came for, if it was not used yet
	Scope     string
	CreatedAt time.Time
	ExpiresAt time.Time // of the access token; zero: never
	RevokedAt time.Time // zero: it was not
}

// Stored is a secret as the source keeps it.
type Stored struct {
	Text   string
	Hashed bool // it is the SHA-256 of the secret, in hex
}

// checked rows hold nothing that a column cannot hold: PostgreSQL refuses a statement with such text, and with it a batch.
type checked[T any] interface {
	*T
	check()
}

func (p *Person) check() { p.legible(&p.Key) } // its e-mail address and name are read with care
func (m *Member) check() { m.legible(&m.Key, &m.PersonKey, &m.Slug) }
func (a *App) check()    { a.legible(&a.Key, &a.ClientID, &a.OwnerKey) }
func (t *Token) check()  { t.legible(&t.Key, &t.AppKey, &t.PersonKey) } // what is secret is hashed

// legible breaks a row with text that is no UTF-8, or has a NUL, in a field by which something is looked up.
func (r *Row) legible(fields ...*string) {
	for _, field := range fields {
		if !isText(*field) {
			r.Broken = "it holds text that is no UTF-8, or a NUL"
			*field = strings.ReplaceAll(strings.ToValidUTF8(*field, "\uFFFD"), "\x00", "\uFFFD")
		}
	}
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// inBatches hands rows on in slices, one of which is held at a time.
func inBatches[T any](ctx context.Context, rows Rows[T], size int, take func([]T) error) error {
	batch := make([]T, 0, size)
	err := rows.Each(ctx, func(row T) error {
		if batch = append(batch, row); len(batch) < size {
			return ctx.Err()
		}
		err := take(batch)
		batch = batch[:0]
		return err
	})
	if err == nil && len(batch) > 0 {
		err = take(batch)
	}
	return err
}
