-- What was refreshed at another server, and not used before it came here: its first use ends what it was refreshed from.

-- +goose Up
CREATE TABLE imported_successors (
    authorization_id TEXT PRIMARY KEY, -- of the successor
    replaces         TEXT   NOT NULL, -- digest of the refresh token that it came for
    expires_at       BIGINT NOT NULL
);
CREATE INDEX imported_successors_by_expiry ON imported_successors (expires_at);
