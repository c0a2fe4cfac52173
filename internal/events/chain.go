package events

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"strconv"

	"launchpad/internal/core"
	"launchpad/internal/store"
)

// The hash of a line is SHA-256 over the previous line's hash, the number and every column, each behind its length,
// so that nothing can move from one into the next. Whoever knows the hash of a line knows all lines before it.

// chained numbers lines and hashes them on, from the end of the chain.
func chained(from store.End, lines []store.Line) []store.Line {
	numbered := make([]store.Line, len(lines))
	for i, line := range lines {
		line.Seq = from.Seq + 1
		line.Hash = hashOf(from.Hash, line)
		numbered[i], from = line, end(line)
	}
	return numbered
}

func hashOf(previous string, l store.Line) string {
	h := sha256.New()
	for _, part := range []string{previous, strconv.FormatInt(l.Seq, 10), l.ID.String(), strconv.FormatInt(l.At.UnixMilli(), 10), string(l.Kind)} {
		writeText(h, part)
	}
	for _, id := range []core.ID{l.ActorID, l.SubjectID, l.IdentityID, l.AppID, l.AccountID} {
		writeText(h, string(id[:]))
	}
	writeText(h, l.Data)
	return hex.EncodeToString(h.Sum(nil))
}

func writeText(h hash.Hash, text string) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(text)))
	h.Write(length[:])
	h.Write([]byte(text))
}

// Broken says where the chain does not hold.
type Broken struct {
	Seq int64
	Why string
}

func (b Broken) Error() string {
	return fmt.Sprintf("the change log is broken at line %d: %s", b.Seq, b.Why)
}

// VerifyChain checks every line after one that is known to be good, the zero End for all, and gives the last one. A
// line that was edited, removed, inserted or renumbered since is Broken. Lines may be added meanwhile.
func VerifyChain(ctx context.Context, s *store.Store, from store.End) (store.End, error) {
	for {
		lines, err := s.Lines(ctx, from.Seq)
		if err != nil {
			return from, fmt.Errorf("verify change log: %w", err)
		}
		for _, line := range lines {
			if line.Seq != from.Seq+1 {
				return from, Broken{from.Seq + 1, "it is missing"}
			}
			if line.Hash != hashOf(from.Hash, line) {
				return from, Broken{line.Seq, "it, or one before it, is not what it was when it was numbered"}
			}
			from = end(line)
		}
		if len(lines) == store.Page {
			continue
		}
		// Without this, lines cut off at the end would leave no trace.
		last, err := s.ChainEnd(ctx)
		switch {
		case err != nil:
			return from, fmt.Errorf("verify change log: %w", err)
		case last == from:
			return from, nil
		case last.Seq <= from.Seq:
			return from, Broken{from.Seq, fmt.Sprintf("the chain ended otherwise, at line %d", last.Seq)}
		case len(lines) == 0:
			return from, Broken{from.Seq + 1, fmt.Sprintf("it is missing; the chain ended at line %d", last.Seq)}
		}
	}
}
