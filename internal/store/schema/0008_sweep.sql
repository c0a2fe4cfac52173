-- What the sweep looks for. None of these columns changes when something is used.

-- +goose Up
CREATE INDEX sessions_by_start ON sessions (created_at);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX sessions_by_end ON sessions (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX decisions_by_expiry ON decisions (expires_at);
CREATE INDEX personal_tokens_by_expiry ON personal_tokens (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX personal_tokens_by_end ON personal_tokens (revoked_at) WHERE revoked_at IS NOT NULL;
