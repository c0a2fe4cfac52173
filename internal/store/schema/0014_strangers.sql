-- Apps that came by themselves: nobody publishes or owns them. Both columns are made again, because SQLite cannot take NOT NULL
-- off a column.

-- +goose Up
DROP INDEX apps_by_owner;
DROP INDEX apps_by_account;
ALTER TABLE apps ADD COLUMN publisher TEXT REFERENCES accounts (id);
ALTER TABLE apps ADD COLUMN developer TEXT REFERENCES identities (id);
UPDATE apps SET publisher = account_id, developer = owner_id;
ALTER TABLE apps DROP COLUMN account_id;
ALTER TABLE apps DROP COLUMN owner_id;
ALTER TABLE apps RENAME COLUMN publisher TO account_id;
ALTER TABLE apps RENAME COLUMN developer TO owner_id;
CREATE INDEX apps_by_owner ON apps (owner_id, id);
CREATE INDEX apps_by_account ON apps (account_id, id);

-- What registered itself and was let in by nobody yet. It becomes an app when somebody lets it in, and else goes after a day.
CREATE TABLE registrations (
    id            TEXT PRIMARY KEY, -- of the app to be
    client_id     TEXT   NOT NULL UNIQUE,
    name          TEXT   NOT NULL,
    homepage_url  TEXT   NOT NULL,
    kind          TEXT   NOT NULL,
    redirect_uris TEXT   NOT NULL, -- one a line
    secret_id     TEXT,            -- NULL: it asked for none
    secret_digest TEXT   NOT NULL,
    secret_hint   TEXT   NOT NULL,
    token_digest  TEXT   NOT NULL, -- of the registration access token; empty: nobody can change it
    fingerprint   TEXT UNIQUE,     -- of what was said; NULL: it is shared with nobody
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL
);
CREATE INDEX registrations_by_age ON registrations (created_at);
CREATE INDEX registrations_by_expiry ON registrations (expires_at);

ALTER TABLE apps ADD COLUMN document_at BIGINT;                       -- when its metadata document was read last; NULL: it has none
ALTER TABLE apps ADD COLUMN registration_digest TEXT NOT NULL DEFAULT ''; -- of the registration access token
ALTER TABLE apps ADD COLUMN fingerprint TEXT;                         -- as in registrations
ALTER TABLE apps ADD COLUMN look_at BIGINT;                           -- when the sweep looks whether it is still used; NULL: never
CREATE INDEX apps_by_fingerprint ON apps (fingerprint) WHERE fingerprint IS NOT NULL;
CREATE INDEX apps_to_look_at ON apps (look_at) WHERE look_at IS NOT NULL;

-- What a name looks like, to tell strangers from apps that people know; '' until the program has filled it in.
ALTER TABLE apps ADD COLUMN likeness TEXT NOT NULL DEFAULT '';
CREATE INDEX apps_by_likeness ON apps (likeness);
