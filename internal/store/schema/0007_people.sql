-- What a session was begun with, and who finds which lines of the change log.

-- +goose Up
ALTER TABLE sessions ADD COLUMN user_agent TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';
CREATE INDEX events_by_identity ON events (identity_id, id);
CREATE INDEX events_by_actor ON events (actor_id, id);
