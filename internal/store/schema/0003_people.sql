-- Invitations: into an account, or, without one, to sign up. And people who deleted their ID.

-- +goose Up
ALTER TABLE identities ADD COLUMN deleted_at BIGINT;

CREATE TABLE invitations (
    id           TEXT PRIMARY KEY,
    digest       TEXT   NOT NULL,
    account_id   TEXT REFERENCES accounts (id), -- NULL: to sign up only
    role         TEXT   NOT NULL,               -- empty without an account
    email        TEXT   NOT NULL,               -- empty: whoever holds the link
    invited_by   TEXT   NOT NULL REFERENCES identities (id),
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    accepted_by  TEXT REFERENCES identities (id),
    accepted_at  BIGINT,
    withdrawn_at BIGINT
);
CREATE INDEX invitations_by_account ON invitations (account_id, id);
CREATE INDEX invitations_by_inviter ON invitations (invited_by, id);
