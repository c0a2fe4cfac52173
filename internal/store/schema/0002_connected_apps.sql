-- When an access token of a grant was last seen in use, for the list of connected apps.

-- +goose Up
ALTER TABLE grants ADD COLUMN last_used_at BIGINT;
