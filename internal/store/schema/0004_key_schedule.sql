-- A key is published when it is made. active_at: from when on it is used for what is new; revoked_at: when an operator
-- ended it before its time, and its private part was erased.

-- +goose Up
ALTER TABLE keys ADD COLUMN active_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN revoked_at BIGINT;
UPDATE keys SET active_at = created_at;
