// Package store keeps everything that must survive: it is the only user of SQL.
//
// A method is one business fact and one transaction, named past the verb (RedeemCode, Rotate), or one question.
// The text of every statement is the same on both engines; only sqlite.go, sqlite_writer.go and postgres.go know
// a difference. The change log is written in the transaction of the fact it tells of, and whoever subscribed has
// heard of it before the fact's caller gets its answer.
//
// It answers core.ErrNotFound, core.ErrConflict, core.ErrUnavailable or a plain error, and knows nothing of
// protocols, pages or secrets (it stores digests). It may import F0 and its schema.
package store
