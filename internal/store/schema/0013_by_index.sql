-- Rows that were found by reading all of their table.

-- +goose Up
CREATE INDEX grants_taken_back ON grants (identity_id) WHERE revoked_at IS NOT NULL;
CREATE INDEX personal_tokens_by_app ON personal_tokens (app_id) WHERE app_id IS NOT NULL;
CREATE INDEX identities_operating ON identities (id) WHERE operator = 1;
