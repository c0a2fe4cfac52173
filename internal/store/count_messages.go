package store

import (
	"context"

	"launchpad/internal/core"
)

// CountMessage is what a node tells the others of its busiest counters. Only they can read the text.
type CountMessage struct {
	Node  core.ID
	Pulse int64 // moves with each message
	Text  string
}

// TellCounts puts a node's message in the place of its last one.
func (s *Store) TellCounts(ctx context.Context, m CountMessage) error {
	_, err := s.log.hot(ctx, func(t *tx) error {
		_, err := t.exec(`
			INSERT INTO count_messages (node, pulse, message)
			VALUES ($1, $2, $3)
			ON CONFLICT (node) DO UPDATE
			SET pulse = excluded.pulse, message = excluded.message`, m.Node, m.Pulse, m.Text)
		return err
	})
	return err
}

// RetractCounts takes a message away, unless its node has told another one since.
func (s *Store) RetractCounts(ctx context.Context, node core.ID, pulse int64) error {
	_, err := s.log.hot(ctx, func(t *tx) error {
		_, err := t.exec(`
			DELETE FROM count_messages
			WHERE node = $1 AND pulse = $2`, node, pulse)
		return err
	})
	return err
}

// CountMessages reads what all nodes tell.
func (s *Store) CountMessages(ctx context.Context) ([]CountMessage, error) {
	var list []CountMessage
	err := s.log.view(ctx).each(`
		SELECT node, pulse, message
		FROM count_messages
		ORDER BY node`, nil, func(row scanner) error {
		var m CountMessage
		err := row.Scan(&m.Node, &m.Pulse, &m.Text)
		list = append(list, m)
		return err
	})
	return list, err
}
