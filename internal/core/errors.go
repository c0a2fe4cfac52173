package core

import "errors"

// What the store and the shared acts answer besides success. Rooms translate them at the decision.
var (
	// ErrNotFound: there is no such row for this caller; another tenant's row is not found either.
	ErrNotFound = errors.New("not found")
	// ErrConflict: a conditional write lost, or a unique value is taken.
	ErrConflict = errors.New("conflict")
	// ErrUnavailable: a passing fault of storage. It becomes 503 with Retry-After, never a refusal.
	ErrUnavailable = errors.New("storage unavailable")
	// ErrBusy: a bounded queue is full. Also 503.
	ErrBusy = errors.New("busy")
)
