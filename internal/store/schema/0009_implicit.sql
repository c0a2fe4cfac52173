-- Tokens in the redirect, for apps to which an operator allows it.

-- +goose Up
ALTER TABLE apps ADD COLUMN implicit BIGINT NOT NULL DEFAULT 0;
