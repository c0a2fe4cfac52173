-- Teams of apps, two secrets for rotation, and kinds that are told apart.

-- +goose Up
-- A seat on a team stands on the membership that it was given under, and goes with it.
CREATE TABLE app_members (
    app_id      TEXT   NOT NULL REFERENCES apps (id),
    identity_id TEXT   NOT NULL REFERENCES identities (id),
    account_id  TEXT   NOT NULL, -- the app's publisher
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (app_id, identity_id),
    FOREIGN KEY (identity_id, account_id) REFERENCES memberships (identity_id, account_id) ON DELETE CASCADE
);
CREATE INDEX app_members_by_identity ON app_members (identity_id, account_id);
CREATE INDEX apps_by_account ON apps (account_id, id);

-- Two slots, so that the schema itself keeps a third secret out. Until now each app had one.
ALTER TABLE app_secrets ADD COLUMN slot BIGINT NOT NULL DEFAULT 1 CHECK (slot IN (1, 2));
ALTER TABLE app_secrets ADD COLUMN hint TEXT NOT NULL DEFAULT ''; -- last characters of the secret
ALTER TABLE app_secrets ADD COLUMN made_by TEXT REFERENCES identities (id);
ALTER TABLE app_secrets ADD COLUMN last_used_at BIGINT;
UPDATE app_secrets SET made_by = (SELECT owner_id FROM apps WHERE apps.id = app_secrets.app_id);
DROP INDEX app_secrets_by_app;
CREATE UNIQUE INDEX app_secrets_by_app ON app_secrets (app_id, slot);

ALTER TABLE apps ADD COLUMN redirects_changed_at BIGINT;
UPDATE apps SET kind = 'native' WHERE kind = 'public';
